using Attune.Text.Templates.Builtins;

namespace Attune.Text.Templates.Values;

/// <summary><c>cycler(...)</c>: gives its items in turn.</summary>
internal sealed class CyclerValue(Value[] items) : Value
{
    private static readonly MethodTable Methods = new(
        new Builtin("next", "", static a => ((CyclerValue)a.Self!).Next()),
        new Builtin("reset", "", static a => ((CyclerValue)a.Self!).Reset()));

    private int _position;

    public override string TypeName => "Cycler";

    public override Value? Attribute(string name) => name == "current" ? items[_position] : Methods.Find(this, name);

    public override void PrintRepr(ValuePrinter printer) => printer.Append("<Cycler>");

    private Value Next()
    {
        Value item = items[_position];
        _position = (_position + 1) % items.Length;
        return item;
    }

    private NoneValue Reset()
    {
        _position = 0;
        return NoneValue.Instance;
    }
}

/// <summary><c>joiner(separator)</c>: nothing at the first call, the separator afterwards.</summary>
internal sealed class JoinerValue(Value separator) : Value
{
    private bool _used;

    public override string TypeName => "Joiner";

    public override bool IsCallable => true;

    public override Value Call(Interpreter run, CallArguments arguments)
    {
        Value result = _used ? separator : StringValue.Empty;
        _used = true;
        return result;
    }

    public override void PrintRepr(ValuePrinter printer) => printer.Append("<Joiner>");
}
