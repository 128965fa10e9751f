using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Builtins;

/// <summary>The tests, as they stand behind <c>is</c>.</summary>
internal static class Tests
{
    public static readonly Builtin[] All =
    [
        Test("defined", v => v is not UndefinedValue),
        Test("undefined", v => v is UndefinedValue),
        Test("none", v => v is NoneValue),
        Test("boolean", v => v is BoolValue),
        Test("true", v => v == BoolValue.True),
        Test("false", v => v == BoolValue.False),
        Test("integer", v => v is IntValue),
        Test("float", v => v is FloatValue),
        Test("number", Number.IsNumber),
        Test("string", v => v is StringValue),
        Test("mapping", v => v is DictValue),
        Test("sequence", v => v is not DictViewValue && v.Count is not null),
        Test("iterable", v => v.Items is not null),
        Test("callable", v => v.IsCallable),
        Test("escaped", v => v is StringValue { IsMarkup: true }),
        new("lower", "value", a => BoolValue.Of(StringPredicates.HasCase(a.Text(0), LetterCase.IsLower))),
        new("upper", "value", a => BoolValue.Of(StringPredicates.HasCase(a.Text(0), LetterCase.IsUpper))),
        new("odd", "value", a => BoolValue.Of(Remainder(a, IntValue.Of(2)) == 1)),
        new("even", "value", a => BoolValue.Of(Remainder(a, IntValue.Of(2)) == 0)),
        new("divisibleby", "value num", a => BoolValue.Of(Remainder(a, a[1]) == 0)),
        new("sameas", "value other", a => BoolValue.Of(IsSame(a[0], a[1]))),
        new("filter", "value", a => BoolValue.Of(a[0] is StringValue name && KnownFilters.Has(name.Text))),
        new("test", "value", a => BoolValue.Of(a[0] is StringValue name && KnownTests.Has(name.Text))),
        Compare("in", "in"),
        .. Comparisons("==", "eq", "equalto"),
        .. Comparisons("!=", "ne"),
        .. Comparisons("<", "lt", "lessthan"),
        .. Comparisons("<=", "le"),
        .. Comparisons(">", "gt", "greaterthan"),
        .. Comparisons(">=", "ge"),
    ];

    private static Builtin Test(string name, Func<Value, bool> holds) => new(name, "value", a => BoolValue.Of(holds(a[0])));

    private static Builtin Compare(string symbol, string name) => new(name, "value other", a => BoolValue.Of(Comparison.Holds(a.Run, symbol, a[0], a[1])));

    /// <summary>A comparison under its symbol and its names.</summary>
    private static IEnumerable<Builtin> Comparisons(string symbol, params string[] names) => names.Prepend(symbol).Select(name => Compare(symbol, name));

    private static double Remainder(Arguments a, Value divisor)
    {
        if (!Number.IsNumber(a[0]) || !Number.IsNumber(divisor))
        {
            throw a.WrongType(Number.IsNumber(a[0]) ? divisor : a[0], "a number");
        }

        Number.TryDouble(Arithmetic.Apply(a.Run, "%", a[0], divisor), out double remainder);
        return remainder;
    }

    // Python keeps one object for each small integer, constant and name, so these are the same when they are equal.
    private static bool IsSame(Value a, Value b) => ReferenceEquals(a, b) || (a.GetType() == b.GetType() && a is IntValue or StringValue && a.Equals(b));
}
