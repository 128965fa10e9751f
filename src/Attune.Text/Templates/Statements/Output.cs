using Attune.Text.Templates.Expressions;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Statements;

/// <summary>Text between the tags.</summary>
internal sealed class TextStatement(string text) : Statement
{
    public override Flow Execute(Interpreter run)
    {
        run.Print(text);
        return Flow.Next;
    }
}

/// <summary><c>{{ value }}</c> or <c>{% print a, b %}</c>.</summary>
internal sealed class PrintStatement(params Expression[] expressions) : Statement
{
    public override Flow Execute(Interpreter run)
    {
        foreach (Expression expression in expressions)
        {
            string text = run.OutputTextOf(expression.Evaluate(run));
            run.Position = expression.Position;
            run.Print(text);
        }

        return Flow.Next;
    }
}

/// <summary><c>{% filter name %}...{% endfilter %}</c>.</summary>
internal sealed class FilterBlock(FilterCall[] filters, Statement[] body) : Statement
{
    public override Flow Execute(Interpreter run)
    {
        Value text = run.Capture(body, new Scope(run.Scope), out Flow flow);
        if (flow == Flow.Next)
        {
            run.Print(run.OutputTextOf(filters.Aggregate(text, (value, filter) => filter.Apply(run, value))));
        }

        return flow;
    }
}

/// <summary><c>{% generation %}...{% endgeneration %}</c>: text that the model is to learn.</summary>
internal sealed class GenerationBlock(Statement[] body) : Statement
{
    public override Flow Execute(Interpreter run)
    {
        StringValue text = run.Capture(body, new Scope(run.Scope), out _);
        run.AddGeneration(text.Text);
        run.Print(text.Text);
        return Flow.Next;
    }
}

/// <summary><c>{% autoescape true %}...{% endautoescape %}</c>.</summary>
internal sealed class AutoEscapeBlock(Expression enabled, Statement[] body) : Statement
{
    public override Flow Execute(Interpreter run)
    {
        bool outer = run.AutoEscape;
        run.AutoEscape = enabled.Evaluate(run).IsTrue;
        Flow flow = run.RunInner(body, new Scope(run.Scope));
        run.AutoEscape = outer;
        return flow;
    }
}

/// <summary><c>{% block name %}...{% endblock %}</c>: without inheritance, its body in place. It sees the template's own variables, and those around it only when <c>scoped</c>.</summary>
internal sealed class BlockStatement(bool scoped, Statement[] body) : Statement
{
    public override Flow Execute(Interpreter run)
    {
        run.RunInner(body, new Scope(scoped ? run.Scope : run.Root));
        return Flow.Next;
    }

    public Value Render(Interpreter run) => run.Capture(body, new Scope(run.Root), out _);
}
