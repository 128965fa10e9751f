using Attune.Text.Templates.Statements;
using Attune.Text.Templates.Syntax;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates;

/// <summary>A template of the Jinja language, read once and rendered as often as wanted, by several threads at once.</summary>
/// <remarks>Source: the language of Jinja 3.1 in its immutable sandbox, with the settings and additions that chat templates are rendered with.</remarks>
internal sealed class Template
{
    private readonly string _name;
    private readonly string _source;
    private readonly Statement[] _body;
    private readonly IReadOnlyDictionary<string, BlockStatement> _blocks;

    /// <summary>Reads a template.</summary>
    /// <exception cref="TemplateException">The template has a mistake.</exception>
    public Template(string source, string name)
    {
        _name = name;
        _source = Lexer.Normalize(source);
        try
        {
            (_body, _blocks) = Parser.Parse(_source);
        }
        catch (TemplateFault fault)
        {
            throw Place(fault, 0);
        }
    }

    /// <summary>Renders the template with these variables.</summary>
    /// <exception cref="TemplateException">The template refuses its variables, makes a mistake or exceeds a limit.</exception>
    public (string Text, IReadOnlyList<(int Start, int End)> GenerationSpans) Render(IEnumerable<KeyValuePair<string, Value>> variables, DateTimeOffset now, TemplateLimits limits)
    {
        var scope = new Scope(null);
        long weight = 0;
        foreach ((string name, Value value) in variables)
        {
            scope.Set(name, value);
            weight += value.Weight;
        }

        var run = new Interpreter(limits, weight, now, scope, _blocks);
        try
        {
            run.Run(_body);
            return (run.RenderedText, run.GenerationSpans);
        }
        catch (TemplateFault fault)
        {
            throw Place(fault, run.Position);
        }
    }

    private TemplateException Place(TemplateFault fault, int current)
    {
        int position = Math.Min(fault.Position ?? current, _source.Length);
        ReadOnlySpan<char> before = _source.AsSpan(0, position);
        return new TemplateException(_name, before.Count('\n') + 1, position - before.LastIndexOf('\n'), fault.Message, fault.RaisedByTemplate, fault);
    }
}
