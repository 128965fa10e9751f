using Attune.Text.Templates.Builtins;

namespace Attune.Text.Templates.Values;

/// <summary><c>true</c> or <c>false</c>; counts as 1 or 0 in arithmetic.</summary>
internal sealed class BoolValue : Value
{
    public static readonly BoolValue True = new();
    public static readonly BoolValue False = new();

    private BoolValue()
    {
    }

    public override string TypeName => "bool";

    public override bool IsTrue => ReferenceEquals(this, True);

    public static BoolValue Of(bool value) => value ? True : False;

    public override Value? Attribute(string name) => NumberMethods.Integer.Find(this, name);

    public override void PrintRepr(ValuePrinter printer) => printer.Append(IsTrue ? "True" : "False");

    public override bool Equals(Value? other) => Number.AreEqual(this, other);

    public override int GetHashCode() => Number.Hash(this);
}
