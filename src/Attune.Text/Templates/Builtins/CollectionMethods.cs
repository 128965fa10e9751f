using System.Numerics;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Builtins;

/// <summary>The methods of lists, tuples and ranges that do not change them.</summary>
internal static class SequenceMethods
{
    private static readonly Builtin[] Shared =
    [
        new("count", "value", a => IntValue.Of(a.Run.Iterate(a.Self!).Count(element => Comparison.AreEqual(a.Run, element, a[0])))),
        new("index", "value start? stop?", Index),
    ];

    public static readonly MethodTable Table = new(Shared);

    public static readonly MethodTable List = new([.. Shared, new("copy", "", a => a.Self!)]);

    private static IntValue Index(Arguments a)
    {
        int count = a.Self!.Count!.Value;
        int start = Bound(a, 1, 0, count), stop = Bound(a, 2, count, count), i = start;
        foreach (Value element in a.Run.Iterate(a.Self).Take(stop).Skip(start))
        {
            if (Comparison.AreEqual(a.Run, element, a[0]))
            {
                return IntValue.Of(i);
            }

            i++;
        }

        throw new TemplateFault("the value to look for is not in the sequence");
    }

    private static int Bound(Arguments a, int i, int fallback, int length)
    {
        if (a.Optional(i) is null)
        {
            return fallback;
        }

        BigInteger bound = a.BigInteger(i);
        return (int)BigInteger.Clamp(bound < 0 ? bound + length : bound, 0, length);
    }
}

/// <summary>The methods of mappings that do not change them.</summary>
internal static class DictMethods
{
    public static readonly MethodTable Table = new(
        new Builtin("items", "", a => new DictViewValue((DictValue)a.Self!, "items")),
        new Builtin("keys", "", a => new DictViewValue((DictValue)a.Self!, "keys")),
        new Builtin("values", "", a => new DictViewValue((DictValue)a.Self!, "values")),
        new Builtin("get", "key default?", a => a.Self!.Item(a[0]) ?? a.Optional(1) ?? NoneValue.Instance),
        new Builtin("copy", "", a => a.Self!));

    /// <summary>The members of <c>dict</c> itself.</summary>
    public static readonly MethodTable Constructors = new(new Builtin("fromkeys", "iterable value?", FromKeys));

    private static DictValue FromKeys(Arguments a)
    {
        var entries = new OrderedDictionary<Value, Value>();
        foreach (Value key in a.Run.Iterate(a[0]))
        {
            a.Run.Charge(key.Weight);
            entries[key] = a.Optional(1) ?? NoneValue.Instance;
        }

        return new DictValue(entries);
    }
}

/// <summary>The methods of numbers.</summary>
internal static class NumberMethods
{
    public static readonly MethodTable Integer = new(
        new Builtin("bit_length", "", a => IntValue.Of((int)BigInteger.Abs(Self(a)).GetBitLength())),
        new Builtin("bit_count", "", a => IntValue.Of(BigInteger.Abs(Self(a)).ToByteArray().Sum(b => BitOperations.PopCount(b)))),
        new Builtin("is_integer", "", _ => BoolValue.True));

    public static readonly MethodTable Float = new(
        new Builtin("is_integer", "", a => BoolValue.Of(double.IsInteger(((FloatValue)a.Self!).Value))));

    private static BigInteger Self(Arguments a) => Number.TryInteger(a.Self!, out BigInteger value) ? value : 0;
}
