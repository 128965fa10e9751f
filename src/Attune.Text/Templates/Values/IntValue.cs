using System.Globalization;
using System.Numerics;
using Attune.Text.Templates.Builtins;

namespace Attune.Text.Templates.Values;

/// <summary>An integer of any size up to <see cref="Number.MaxDigits"/> digits.</summary>
internal sealed class IntValue : Value
{
    private static readonly IntValue[] Small = [.. Enumerable.Range(0, 256).Select(i => new IntValue(i))];

    private IntValue(BigInteger value) => Value = value;

    public BigInteger Value { get; }

    public override string TypeName => "int";

    public override bool IsTrue => !Value.IsZero;

    /// <summary>Digits are made in a time that grows with the square of their number.</summary>
    public override long Weight => 1 + Number.Work(Value, Value);

    public static IntValue Of(BigInteger value)
    {
        if (value >= 0 && value < Small.Length)
        {
            return Small[(int)value];
        }

        return value.GetBitLength() <= Number.MaxBits ? new IntValue(value) : throw new TemplateFault($"an integer has more than {Number.MaxDigits} digits");
    }

    public override Value? Attribute(string name) => NumberMethods.Integer.Find(this, name);

    public override void PrintRepr(ValuePrinter printer) => printer.Append(Value.ToString(CultureInfo.InvariantCulture));

    public override bool Equals(Value? other) => Number.AreEqual(this, other);

    public override int GetHashCode() => Number.Hash(this);
}
