using System.Runtime.CompilerServices;
using System.Text;
using Attune.Text.Templates.Statements;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates;

/// <summary>The state of one rendering: variables, output and what is left of the limits.</summary>
internal sealed class Interpreter
{
    /// <summary>A captured text has a buffer, a scope and a value of its own.</summary>
    private const int StepsPerCapture = 8;

    private readonly TemplateLimits _limits;
    private readonly long _allowed;
    private readonly OutputBuffer _root;
    private readonly List<(int Start, int End)> _spans = [];
    private Random? _random;
    private long _steps;
    private int _depth;

    public Interpreter(TemplateLimits limits, long inputWeight, DateTimeOffset now, Scope variables, IReadOnlyDictionary<string, BlockStatement> blocks)
    {
        _limits = limits;
        _allowed = limits.Steps + (inputWeight * limits.StepsPerInput);
        _steps = _allowed;
        _root = new OutputBuffer(limits.TextLength);
        Output = _root;
        Now = now;
        Scope = variables;
        Root = variables;
        Blocks = blocks;
    }

    /// <summary>The clock that <c>strftime_now</c> reads.</summary>
    public DateTimeOffset Now { get; }

    /// <summary>The variables in sight.</summary>
    public Scope Scope { get; set; }

    /// <summary>The variables of the template's outermost level.</summary>
    public Scope Root { get; }

    private OutputBuffer Output { get; set; }

    /// <summary>The blocks of the template by name.</summary>
    public IReadOnlyDictionary<string, BlockStatement> Blocks { get; }

    /// <summary>Whether output is escaped for HTML.</summary>
    public bool AutoEscape { get; set; }

    /// <summary>Offset in the source of what is evaluated now, for error messages.</summary>
    public int Position { get; set; }

    /// <summary>What the <c>generation</c> blocks gave, in code points of the output.</summary>
    public IReadOnlyList<(int Start, int End)> GenerationSpans => _spans;

    /// <summary>The output so far.</summary>
    public string RenderedText => _root.ToString();

    /// <summary>Counts work; throws when the limit is reached.</summary>
    public void Charge(long steps)
    {
        _steps -= steps;
        if (_steps < 0)
        {
            throw new TemplateFault($"the template needs more than {_allowed} steps (TemplateLimits.Steps)");
        }
    }

    /// <summary>Counts the work of reading or making a value's own items or characters.</summary>
    public void ChargeFlat(Value value) => Charge(1 + value switch
    {
        StringValue text => text.Text.Length / StringValue.CharactersPerStep,
        SequenceValue sequence => sequence.Elements.Length / 4,
        DictValue dict => dict.Entries.Count / 4,
        _ => 0,
    });

    /// <summary>Counts the work of writing a value with all that is in it: some copies, in which a character may become several.</summary>
    public void ChargePrinting(Value value)
    {
        const int StepsPerWeight = 8;
        Charge(StepsPerWeight * value.Weight);
    }

    /// <summary>Counts the work of making something of each character of a text alone.</summary>
    public void ChargeCharacters(string text)
    {
        const int StepsPerCharacter = 2;
        Charge((long)StepsPerCharacter * text.Length);
    }

    /// <summary>Enters a level of nesting; <see cref="Leave"/> ends it.</summary>
    public void Enter()
    {
        Charge(1);
        if (++_depth > _limits.Depth)
        {
            throw new TemplateFault($"the template is nested more than {_limits.Depth} deep (TemplateLimits.Depth)");
        }

        EnsureStack();
    }

    public void Leave() => _depth--;

    /// <summary>Stops before a text gets longer than allowed.</summary>
    public void CheckLength(long length)
    {
        if (length > _limits.TextLength)
        {
            throw new TemplateFault($"a text is longer than {_limits.TextLength} units (TemplateLimits.TextLength)");
        }
    }

    /// <summary>The text of a value, as <c>str()</c> gives it.</summary>
    public string TextOf(Value value)
    {
        if (value is StringValue text)
        {
            return text.Text;
        }

        var result = new StringBuilder();
        ChargePrinting(value);
        value.Print(new ValuePrinter(result, _limits));
        return result.ToString();
    }

    /// <summary>The text of a value as it is printed: escaped for HTML when the template asks for it.</summary>
    public string OutputTextOf(Value value)
    {
        string text = TextOf(value);
        return AutoEscape && value is not StringValue { IsMarkup: true } ? HtmlText.Escape(text) : text;
    }

    /// <summary>The items of a value, each counted as a step.</summary>
    public IEnumerable<Value> Iterate(Value value)
    {
        using IEnumerator<Value> items = value.Items?.GetEnumerator() ?? throw new TemplateFault($"a value of type '{value.TypeName}' cannot be iterated");
        while (true)
        {
            // Iterators made of iterators run on the stack, one below the other.
            Charge(1);
            EnsureStack();
            if (!items.MoveNext())
            {
                yield break;
            }

            yield return items.Current;
        }
    }

    /// <summary>The items of a value, held at once; the memory counts, too.</summary>
    public Value[] ToArray(Value value)
    {
        const int StepsPerItem = 4;
        var items = new List<Value>();
        foreach (Value item in Iterate(value))
        {
            Charge(StepsPerItem);
            items.Add(item);
        }

        return [.. items];
    }

    /// <summary>A printer within the limits.</summary>
    public ValuePrinter Printer(StringBuilder text) => new(text, _limits);

    /// <summary>Prints a text, which must be escaped already.</summary>
    public void Print(string text)
    {
        Charge(text.Length / StringValue.CharactersPerStep);
        Output.Append(text);
    }

    /// <summary>The next of a fixed series of random numbers below a bound, so that rendering is deterministic.</summary>
    public int NextRandom(int bound) => (_random ??= new Random(0)).Next(bound);

    /// <summary>Runs statements in a new scope.</summary>
    public Flow RunInner(IReadOnlyList<Statement> body, Scope scope)
    {
        Scope outer = Scope;
        Scope = scope;
        Flow flow = Run(body);
        Scope = outer;
        return flow;
    }

    /// <summary>Runs statements one after the other.</summary>
    public Flow Run(IReadOnlyList<Statement> body)
    {
        foreach (Statement statement in body)
        {
            Enter();
            Flow flow = statement.Execute(this);
            Leave();
            if (flow != Flow.Next)
            {
                return flow;
            }
        }

        return Flow.Next;
    }

    /// <summary>Runs statements in a new scope and gives their output instead of printing it.</summary>
    public StringValue Capture(IReadOnlyList<Statement> body, Scope scope, out Flow flow)
    {
        Flow ended = Flow.Next;
        StringValue text = Capture(() => ended = RunInner(body, scope));
        flow = ended;
        return text;
    }

    /// <summary>Does something and gives its output instead of printing it.</summary>
    public StringValue Capture(Action action)
    {
        Charge(StepsPerCapture);
        OutputBuffer outer = Output;
        Output = new OutputBuffer(_limits.TextLength);
        action();
        var text = new StringValue(Output.ToString(), AutoEscape);
        Output = outer;
        return text;
    }

    /// <summary>Notes that a <c>generation</c> block gave this text, which is about to be printed.</summary>
    public void AddGeneration(string text)
    {
        // Inside a macro or another captured text the reference, too, counts from the end of what the template itself has printed.
        int start = _root.CodePoints;
        _spans.Add((start, start + PythonText.CountCodePoints(text)));
    }

    private static void EnsureStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new TemplateFault("the template is nested too deep for the stack of this thread");
        }
    }
}

/// <summary>How a statement ended.</summary>
internal enum Flow
{
    Next,
    Break,
    Continue,
}
