using Attune.Text.Templates.Builtins;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Expressions;

/// <summary>A variable.</summary>
internal sealed class Name(int position, string identifier) : Expression(position)
{
    public string Identifier { get; } = identifier;

    protected override Value Compute(Interpreter run) => run.Scope.Find(Identifier) ?? KnownGlobals.Find(Identifier) ?? UndefinedValue.Variable(Identifier);
}
