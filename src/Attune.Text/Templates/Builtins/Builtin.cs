using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Builtins;

/// <summary>
/// A filter, test, method or global function. <paramref name="parameters"/> lists the names, separated by blanks: <c>name?</c> may be left out,
/// <c>*</c> takes any more values, <c>**</c> any more named values. Filters and tests get their value as the first.
/// </summary>
internal sealed class Builtin(string name, string parameters, Func<Arguments, Value> body)
{
    /// <summary>Arguments are bound in lists of their own.</summary>
    private const int StepsPerCall = 4;

    private readonly string[] _names = [.. parameters.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(p => p[0] != '*').Select(p => p.TrimEnd('?'))];
    private readonly int _required = parameters.Split(' ', StringSplitOptions.RemoveEmptyEntries).Count(p => p[0] != '*' && p[^1] != '?');
    private readonly bool _takesMore = parameters.Split(' ').Contains("*");
    private readonly bool _takesMoreNamed = parameters.Split(' ').Contains("**");

    public string Name { get; } = name;

    /// <summary>Calls it with arguments bound to its parameters.</summary>
    public Value Invoke(Interpreter run, Value? self, CallArguments call)
    {
        run.Charge(StepsPerCall);
        var bound = new Value?[_names.Length];
        int given = Math.Min(call.Values.Length, bound.Length);
        Array.Copy(call.Values, bound, given);
        if (call.Values.Length > bound.Length && !_takesMore)
        {
            throw new TemplateFault($"'{Name}' takes at most {bound.Length} values, found {call.Values.Length}");
        }

        List<KeyValuePair<string, Value>>? more = null;
        foreach (KeyValuePair<string, Value> argument in call.Named)
        {
            int i = Array.IndexOf(_names, argument.Key);
            if (i >= 0 && bound[i] is null)
            {
                bound[i] = argument.Value;
            }
            else if (i < 0 && _takesMoreNamed)
            {
                (more ??= []).Add(argument);
            }
            else
            {
                throw new TemplateFault(i >= 0 ? $"'{Name}' got '{argument.Key}' twice" : $"'{Name}' has no parameter '{argument.Key}' (parameters: {parameters})");
            }
        }

        for (int i = 0; i < _required; i++)
        {
            if (bound[i] is null)
            {
                throw new TemplateFault($"'{Name}' needs '{_names[i]}'");
            }
        }

        return body(new Arguments(run, this, self, bound, call.Values[given..], more ?? []));
    }
}
