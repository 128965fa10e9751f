using Attune.Text.Templates.Expressions;

namespace Attune.Text.Templates.Statements;

/// <summary><c>{% if a %}...{% elif b %}...{% else %}...{% endif %}</c>.</summary>
internal sealed class IfStatement((Expression Test, Statement[] Body)[] branches, Statement[] otherwise) : Statement
{
    public override Flow Execute(Interpreter run)
    {
        foreach ((Expression test, Statement[] body) in branches)
        {
            if (test.Evaluate(run).IsTrue)
            {
                return run.Run(body);
            }
        }

        return run.Run(otherwise);
    }
}

/// <summary><c>{% break %}</c> or <c>{% continue %}</c>.</summary>
internal sealed class LoopControl(Flow flow) : Statement
{
    public override Flow Execute(Interpreter run) => flow;
}
