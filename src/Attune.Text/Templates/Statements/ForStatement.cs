using Attune.Text.Templates.Expressions;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Statements;

/// <summary><c>{% for target in items if test recursive %}...{% else %}...{% endfor %}</c>. A body that mentions <c>loop</c> makes the loop look one item ahead.</summary>
internal sealed class ForStatement(Target target, Expression items, Expression? test, bool recursive, bool usesLoop, Statement[] body, Statement[] otherwise) : Statement
{
    /// <summary>A round has a scope of its own.</summary>
    private const int StepsPerRound = 2;

    public override Flow Execute(Interpreter run)
    {
        Loop(run, items.Evaluate(run), depth: 0, run.Scope);
        return Flow.Next;
    }

    private void Loop(Interpreter run, Value value, int depth, Scope outer)
    {
        run.Position = items.Position;
        IEnumerable<Value> selected = Select(run, run.Iterate(value), outer);
        LoopValue? loop = null;
        if (usesLoop || recursive)
        {
            loop = new LoopValue(selected, depth, recursive ? inner => Recurse(run, inner, depth + 1, outer) : null);
            selected = loop.Visit();
        }

        // As in the reference, 'else' also runs when every round ended early by 'break' or 'continue'.
        bool completed = false;
        foreach (Value item in selected)
        {
            run.Charge(StepsPerRound);
            var scope = new Scope(outer);
            target.Assign(run, scope, item);
            if (loop is not null)
            {
                scope.Set("loop", loop);
            }

            Flow flow = run.RunInner(body, scope);
            completed |= flow == Flow.Next;
            if (flow == Flow.Break)
            {
                break;
            }
        }

        if (!completed)
        {
            run.RunInner(otherwise, new Scope(outer));
        }
    }

    private IEnumerable<Value> Select(Interpreter run, IEnumerable<Value> all, Scope outer) => test is null ? all : all.Where(item =>
    {
        var scope = new Scope(outer);
        target.Assign(run, scope, item);
        Scope before = run.Scope;
        run.Scope = scope;
        bool selected = test.Evaluate(run).IsTrue;
        run.Scope = before;
        return selected;
    });

    private StringValue Recurse(Interpreter run, Value value, int depth, Scope outer)
    {
        run.Enter();
        StringValue text = run.Capture(() => Loop(run, value, depth, outer));
        run.Leave();
        return text;
    }
}
