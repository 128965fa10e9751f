using Attune.Text.Templates.Builtins;

namespace Attune.Text.Templates.Values;

/// <summary>What a missing variable, attribute or item gives: empty text, no items, false; anything else is an error that names what is missing.</summary>
internal sealed class UndefinedValue : Value
{
    private readonly string? _message;
    private readonly Value? _owner;
    private readonly Value? _key;

    /// <summary>Something missing, described by the whole message.</summary>
    public UndefinedValue(string message) => _message = message;

    /// <summary>An item or attribute that a value does not have.</summary>
    public UndefinedValue(Value owner, Value key)
    {
        _owner = owner;
        _key = key;
    }

    public override string TypeName => "Undefined";

    public override bool IsTrue => false;

    // So it answers in Python, although the call is an error.
    public override bool IsCallable => true;

    public override int? Count => 0;

    public override IEnumerable<Value> Items => [];

    /// <summary>What is missing.</summary>
    public string Message => _message ?? (_key is StringValue name ? $"a value of type '{_owner!.TypeName}' has no attribute '{name.Text}'" : $"a value of type '{_owner!.TypeName}' has no item {_key}");

    public static UndefinedValue Variable(string name) => new($"'{name}' is undefined");

    public override void Print(ValuePrinter printer)
    {
    }

    public override void PrintRepr(ValuePrinter printer) => printer.Append("Undefined");

    public override Value Call(Interpreter run, CallArguments arguments) => throw Fault();

    public TemplateFault Fault() => new(Message);

    public override bool Equals(Value? other) => other is UndefinedValue;

    public override int GetHashCode() => 0;
}
