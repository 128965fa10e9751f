using Attune.Text.Templates.Builtins;

namespace Attune.Text.Templates.Values;

/// <summary><c>self</c>, whose attributes are the blocks of the template.</summary>
internal sealed class TemplateReference : Value
{
    public static readonly TemplateReference Instance = new();

    private TemplateReference()
    {
    }

    public override string TypeName => "TemplateReference";

    public override Value Item(Value key) => new BlockReference((key as StringValue)?.Text ?? "");

    public override void PrintRepr(ValuePrinter printer) => printer.Append("<TemplateReference None>");
}

/// <summary><c>self.name</c>: a block that can be rendered once more.</summary>
internal sealed class BlockReference(string name) : Value
{
    public override string TypeName => "BlockReference";

    public override bool IsCallable => true;

    public override Value Call(Interpreter run, CallArguments arguments)
    {
        run.Enter();
        Value text = run.Blocks.TryGetValue(name, out Statements.BlockStatement? block) ? block.Render(run) : throw new TemplateFault($"the template has no block '{name}'");
        run.Leave();
        return text;
    }

    public override void PrintRepr(ValuePrinter printer) => printer.Append($"<BlockReference '{name}'>");
}
