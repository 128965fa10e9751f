using Attune.Text.Templates.Builtins;

namespace Attune.Text.Templates.Values;

/// <summary>A built-in function, or a method together with the value it belongs to.</summary>
internal sealed class MethodValue(Builtin builtin, Value? self, MethodTable? members = null) : Value
{
    /// <summary>The value whose method it is; null for a function.</summary>
    public Value? Self => self;

    public override string TypeName => self is null ? "function" : "builtin_function_or_method";

    public override bool IsCallable => true;

    public override Value Call(Interpreter run, CallArguments arguments) => builtin.Invoke(run, self, arguments);

    public override Value? Attribute(string name) => members?.Find(this, name);

    public override void PrintRepr(ValuePrinter printer) => printer.Append(self is null ? $"<function {builtin.Name}>" : $"<built-in method {builtin.Name} of {self.TypeName} object>");
}
