namespace Attune.Text.Templates.Values;

/// <summary><c>none</c>.</summary>
internal sealed class NoneValue : Value
{
    public static readonly NoneValue Instance = new();

    private NoneValue()
    {
    }

    public override string TypeName => "NoneType";

    public override bool IsTrue => false;

    public override void PrintRepr(ValuePrinter printer) => printer.Append("None");
}
