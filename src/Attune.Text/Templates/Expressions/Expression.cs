using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Expressions;

/// <summary>A part of a template that has a value.</summary>
/// <param name="position">Offset in the source, for error messages.</param>
internal abstract class Expression(int position)
{
    public int Position { get; } = position;

    /// <summary>Gives the value; afterwards errors are reported at this expression.</summary>
    public Value Evaluate(Interpreter run)
    {
        run.Position = Position;
        run.Enter();
        Value value = Compute(run);
        run.Leave();
        return value;
    }

    /// <summary>Gives the value of this kind of expression.</summary>
    protected abstract Value Compute(Interpreter run);
}
