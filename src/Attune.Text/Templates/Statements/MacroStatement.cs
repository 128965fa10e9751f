using Attune.Text.Templates.Expressions;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Statements;

/// <summary>Name, parameters and body of a macro; <see cref="Uses"/> says which of <c>caller</c>, <c>varargs</c> and <c>kwargs</c> the body mentions.</summary>
internal sealed record MacroDefinition(string Name, (string Name, Expression? Default)[] Parameters, IReadOnlySet<string> Uses, Statement[] Body);

/// <summary><c>{% macro name(parameters) %}...{% endmacro %}</c>.</summary>
internal sealed class MacroStatement(MacroDefinition definition) : Statement
{
    public override Flow Execute(Interpreter run)
    {
        run.Scope.Set(definition.Name, new MacroValue(definition, run.Scope));
        return Flow.Next;
    }
}

/// <summary><c>{% call(parameters) name(...) %}...{% endcall %}</c>: calls a macro that may call the body back.</summary>
internal sealed class CallBlock(Call call, MacroDefinition caller) : Statement
{
    public override Flow Execute(Interpreter run)
    {
        run.Print(run.OutputTextOf(call.Invoke(run, new MacroValue(caller, run.Scope))));
        return Flow.Next;
    }
}
