using Attune.Text.Templates.Builtins;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Expressions;

/// <summary>The arguments of a call as written: values, <c>name=value</c>, <c>*sequence</c>, <c>**mapping</c>.</summary>
internal sealed class ArgumentList(Expression[] values, (string Name, Expression Value)[] named, Expression? more, Expression? moreNamed)
{
    public static readonly ArgumentList None = new([], [], null, null);

    public CallArguments Evaluate(Interpreter run)
    {
        Value[] given = values.Length == 0 ? [] : Array.ConvertAll(values, value => value.Evaluate(run));
        if (named.Length == 0 && more is null && moreNamed is null)
        {
            return new CallArguments(given, []);
        }

        var byName = new List<KeyValuePair<string, Value>>(named.Length);
        foreach ((string name, Expression value) in named)
        {
            byName.Add(new(name, value.Evaluate(run)));
        }

        if (more is not null)
        {
            given = [.. given, .. run.ToArray(more.Evaluate(run))];
        }

        if (moreNamed is not null)
        {
            Value mapping = moreNamed.Evaluate(run);
            DictValue dict = mapping as DictValue ?? throw new TemplateFault($"'**' needs a mapping, found a value of type '{mapping.TypeName}'");
            byName.AddRange(dict.Entries.Select(entry => KeyValuePair.Create(run.TextOf(entry.Key), entry.Value)));
        }

        return new CallArguments(given, byName);
    }
}

/// <summary><c>a(...)</c>.</summary>
internal sealed class Call(int position, Expression target, ArgumentList arguments) : Expression(position)
{
    protected override Value Compute(Interpreter run) => Invoke(run, null);

    /// <summary>Calls the target; <paramref name="caller"/> is the body of a <c>call</c> block.</summary>
    public Value Invoke(Interpreter run, Value? caller)
    {
        Value callee = target.Evaluate(run);
        CallArguments given = arguments.Evaluate(run);
        if (caller is not null)
        {
            given = given with { Named = [.. given.Named, new("caller", caller)] };
        }

        run.Position = Position;
        if (callee is MethodValue method)
        {
            run.ChargeFlat(method.Self ?? NoneValue.Instance);
            Work.Charge(run, given);
        }

        Value result = callee.Call(run, given);
        run.Position = Position;
        run.ChargeFlat(result);
        return result;
    }
}

/// <summary><c>a | name(...)</c>.</summary>
internal sealed class FilterCall(int position, Expression? input, string name, ArgumentList arguments) : Expression(position)
{
    protected override Value Compute(Interpreter run) => Apply(run, input!.Evaluate(run));

    /// <summary>Filters a value that is already there, such as the output of a <c>filter</c> block.</summary>
    public Value Apply(Interpreter run, Value value)
    {
        CallArguments given = arguments.Evaluate(run).Prepend(value);
        run.Position = Position;
        Work.Charge(run, given);
        Value result = KnownFilters.Get(name).Invoke(run, null, given);
        run.ChargeFlat(result);
        return result;
    }
}

/// <summary><c>a is name(...)</c>.</summary>
internal sealed class TestCall(int position, Expression input, string name, ArgumentList arguments) : Expression(position)
{
    protected override Value Compute(Interpreter run)
    {
        CallArguments given = arguments.Evaluate(run).Prepend(input.Evaluate(run));
        run.Position = Position;
        Work.Charge(run, given);
        return BoolValue.Of(KnownTests.Get(name).Invoke(run, null, given).IsTrue);
    }
}

/// <summary>The cost of built-ins.</summary>
internal static class Work
{
    /// <summary>Counts the work of reading the values that a built-in gets.</summary>
    public static void Charge(Interpreter run, CallArguments given)
    {
        foreach (Value value in given.Values)
        {
            run.ChargeFlat(value);
        }
    }
}
