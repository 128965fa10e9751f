using Attune.Text.Templates.Builtins;

namespace Attune.Text.Templates.Values;

/// <summary>A number in double precision.</summary>
internal sealed class FloatValue(double value) : Value
{
    public double Value { get; } = value;

    public override string TypeName => "float";

    public override bool IsTrue => Value != 0;

    public override Value? Attribute(string name) => NumberMethods.Float.Find(this, name);

    public override void PrintRepr(ValuePrinter printer) => printer.Append(FloatText.Repr(Value));

    public override bool Equals(Value? other) => Number.AreEqual(this, other);

    public override int GetHashCode() => Number.Hash(this);
}
