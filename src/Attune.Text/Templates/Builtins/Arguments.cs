using System.Numerics;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Builtins;

/// <summary>What a call passes: values in order and values by name.</summary>
internal readonly record struct CallArguments(Value[] Values, IReadOnlyList<KeyValuePair<string, Value>> Named)
{
    public static readonly CallArguments None = new([], []);

    public CallArguments(params Value[] values)
        : this(values, [])
    {
    }

    public CallArguments Prepend(Value first) => new([first, .. Values], Named);
}

/// <summary>The arguments of a built-in, bound to its parameters.</summary>
internal sealed class Arguments(Interpreter run, Builtin builtin, Value? self, Value?[] bound, Value[] more, List<KeyValuePair<string, Value>> moreNamed)
{
    public Interpreter Run => run;

    /// <summary>The value whose method it is.</summary>
    public Value? Self => self;

    /// <summary>The string whose method it is.</summary>
    public StringValue SelfText => (StringValue)self!;

    /// <summary>Values beyond the parameters.</summary>
    public Value[] More => more;

    /// <summary>Named values beyond the parameters.</summary>
    public List<KeyValuePair<string, Value>> MoreNamed => moreNamed;

    /// <summary>A required value.</summary>
    public Value this[int i] => bound[i]!;

    /// <summary>An optional value; null when it was left out.</summary>
    public Value? Optional(int i) => bound[i];

    /// <summary>An optional value; null when it was left out or is <c>none</c>.</summary>
    public Value? OptionalNotNone(int i) => bound[i] is NoneValue ? null : bound[i];

    /// <summary>The text of a value of any type.</summary>
    public string Text(int i) => run.TextOf(bound[i]!);

    /// <summary>The text of a value of any type, of which each character is worked on alone.</summary>
    public string Characters(int i)
    {
        string text = Text(i);
        run.ChargeCharacters(text);
        return text;
    }

    /// <summary>The text of the string whose method it is, of which each character is worked on alone.</summary>
    public string SelfCharacters
    {
        get
        {
            run.ChargeCharacters(SelfText.Text);
            return SelfText.Text;
        }
    }

    /// <summary>The text of a value of any type, or a default.</summary>
    public string Text(int i, string fallback) => bound[i] is { } value ? run.TextOf(value) : fallback;

    /// <summary>A value that must be a string.</summary>
    public StringValue String(int i) => bound[i] as StringValue ?? throw WrongType(bound[i]!, "a string");

    /// <summary>An optional value that must be a string; null when it was left out or is <c>none</c>.</summary>
    public string? OptionalString(int i) => OptionalNotNone(i) is null ? null : String(i).Text;

    /// <summary>An optional set of characters, which is gone through for each other character or made a table of; null when it was left out or is <c>none</c>.</summary>
    public string? OptionalCharacters(int i)
    {
        string? text = OptionalString(i);
        run.Charge(text?.Length ?? 0);
        return text;
    }

    /// <summary>What <c>if</c> makes of a value.</summary>
    public bool Flag(int i, bool fallback = false) => bound[i]?.IsTrue ?? fallback;

    /// <summary>An integer, or a default.</summary>
    public int Integer(int i, int fallback = 0)
    {
        if (bound[i] is not { } value)
        {
            return fallback;
        }

        BigInteger integer = BigInteger(i);
        return integer >= int.MinValue && integer <= int.MaxValue ? (int)integer : throw new TemplateFault($"'{builtin.Name}' got an integer out of range: {value}");
    }

    /// <summary>An integer of any size.</summary>
    public BigInteger BigInteger(int i) => Number.TryInteger(bound[i]!, out BigInteger integer) ? integer : throw WrongType(bound[i]!, "an integer");

    /// <summary>An error that says what type was expected.</summary>
    public TemplateFault WrongType(Value value, string expected) => value is UndefinedValue undefined
        ? undefined.Fault()
        : new TemplateFault($"'{builtin.Name}' needs {expected}, found a value of type '{value.TypeName}'");
}
