using Attune.Text.Templates.Expressions;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Statements;

/// <summary>What a value is assigned to.</summary>
internal abstract class Target
{
    public abstract void Assign(Interpreter run, Scope scope, Value value);
}

/// <summary>A variable.</summary>
internal sealed class VariableTarget(string name) : Target
{
    public override void Assign(Interpreter run, Scope scope, Value value) => scope.Set(name, value);
}

/// <summary>An attribute of a namespace.</summary>
internal sealed class NamespaceTarget(int position, string name, string attribute) : Target
{
    public override void Assign(Interpreter run, Scope scope, Value value)
    {
        run.Position = position;
        Value holder = scope.Find(name) ?? UndefinedValue.Variable(name);
        if (holder is not NamespaceValue variables)
        {
            throw holder is UndefinedValue undefined ? undefined.Fault() : new TemplateFault($"only attributes of a namespace can be set; '{name}' is a value of type '{holder.TypeName}'");
        }

        variables.Set(attribute, value);
    }
}

/// <summary><c>a, b</c>: the items of a value, as many as there are targets.</summary>
internal sealed class TupleTarget(int position, Target[] targets) : Target
{
    public override void Assign(Interpreter run, Scope scope, Value value)
    {
        run.Position = position;
        Value[] items = [.. run.Iterate(value).Take(targets.Length + 1)];
        if (items.Length != targets.Length)
        {
            throw new TemplateFault($"expected {targets.Length} items to unpack, found {(items.Length > targets.Length ? "more" : items.Length)}");
        }

        for (int i = 0; i < items.Length; i++)
        {
            targets[i].Assign(run, scope, items[i]);
        }
    }
}

/// <summary><c>{% set target = value %}</c>.</summary>
internal sealed class SetStatement(Target target, Expression value) : Statement
{
    public override Flow Execute(Interpreter run)
    {
        target.Assign(run, run.Scope, value.Evaluate(run));
        return Flow.Next;
    }
}

/// <summary><c>{% set target %}...{% endset %}</c>: the output of the body, filtered.</summary>
internal sealed class SetBlock(Target target, FilterCall[] filters, Statement[] body) : Statement
{
    public override Flow Execute(Interpreter run)
    {
        Value text = run.Capture(body, new Scope(run.Scope), out Flow flow);
        if (flow == Flow.Next)
        {
            target.Assign(run, run.Scope, filters.Aggregate(text, (value, filter) => filter.Apply(run, value)));
        }

        return flow;
    }
}

/// <summary><c>{% with a = 1 %}...{% endwith %}</c>.</summary>
internal sealed class WithStatement((Target Target, Expression Value)[] assignments, Statement[] body) : Statement
{
    public override Flow Execute(Interpreter run)
    {
        var scope = new Scope(run.Scope);
        foreach ((Target target, Expression value) in assignments)
        {
            target.Assign(run, scope, value.Evaluate(run));
        }

        return run.RunInner(body, scope);
    }
}
