using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Expressions;

/// <summary>An arithmetic operator between two values.</summary>
internal sealed class BinaryOperator(int position, string symbol, Expression left, Expression right) : Expression(position)
{
    protected override Value Compute(Interpreter run)
    {
        Value a = left.Evaluate(run);
        Value b = right.Evaluate(run);
        run.Position = Position;
        return Arithmetic.Apply(run, symbol, a, b);
    }
}

/// <summary><c>-a</c> or <c>+a</c>.</summary>
internal sealed class Sign(int position, bool negative, Expression operand) : Expression(position)
{
    protected override Value Compute(Interpreter run)
    {
        Value value = operand.Evaluate(run);
        run.Position = Position;
        return value switch
        {
            FloatValue number => new FloatValue(negative ? -number.Value : number.Value),
            _ when Number.TryInteger(value, out var integer) => IntValue.Of(negative ? -integer : integer),
            UndefinedValue undefined => throw undefined.Fault(),
            _ => throw new TemplateFault($"'{(negative ? '-' : '+')}' needs a number, found a value of type '{value.TypeName}'"),
        };
    }
}

/// <summary><c>a ~ b</c>: the texts of values joined.</summary>
internal sealed class Concatenation(int position, Expression[] operands) : Expression(position)
{
    protected override Value Compute(Interpreter run)
    {
        string[] parts = Array.ConvertAll(operands, operand => run.OutputTextOf(operand.Evaluate(run)));
        long length = parts.Sum(part => (long)part.Length);
        run.CheckLength(length);
        run.Charge(length / StringValue.CharactersPerStep);
        return new StringValue(string.Concat(parts), run.AutoEscape);
    }
}

/// <summary><c>not a</c>.</summary>
internal sealed class Not(int position, Expression operand) : Expression(position)
{
    protected override Value Compute(Interpreter run) => BoolValue.Of(!operand.Evaluate(run).IsTrue);
}

/// <summary><c>a and b</c>: the first false value, else the last.</summary>
internal sealed class And(int position, Expression left, Expression right) : Expression(position)
{
    protected override Value Compute(Interpreter run) => left.Evaluate(run) is { IsTrue: false } value ? value : right.Evaluate(run);
}

/// <summary><c>a or b</c>: the first true value, else the last.</summary>
internal sealed class Or(int position, Expression left, Expression right) : Expression(position)
{
    protected override Value Compute(Interpreter run) => left.Evaluate(run) is { IsTrue: true } value ? value : right.Evaluate(run);
}

/// <summary><c>a if test else b</c>; undefined when there is no <c>else</c>.</summary>
internal sealed class Conditional(int position, Expression test, Expression then, Expression? otherwise) : Expression(position)
{
    protected override Value Compute(Interpreter run) =>
        test.Evaluate(run).IsTrue ? then.Evaluate(run)
        : otherwise?.Evaluate(run) ?? new UndefinedValue("the inline if is false and has no else");
}

/// <summary><c>a &lt; b &lt;= c</c>: every neighbouring pair must compare as said.</summary>
internal sealed class ComparisonChain(int position, Expression first, (string Symbol, Expression Operand)[] rest) : Expression(position)
{
    protected override Value Compute(Interpreter run)
    {
        Value left = first.Evaluate(run);
        foreach ((string symbol, Expression operand) in rest)
        {
            Value right = operand.Evaluate(run);
            run.Position = Position;
            if (!Comparison.Holds(run, symbol, left, right))
            {
                return BoolValue.False;
            }

            left = right;
        }

        return BoolValue.True;
    }
}
