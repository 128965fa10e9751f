using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Expressions;

/// <summary>A number, string, <c>true</c>, <c>false</c> or <c>none</c>.</summary>
internal sealed class Literal(int position, Value value) : Expression(position)
{
    protected override Value Compute(Interpreter run) => value;
}

/// <summary><c>[a, b]</c>.</summary>
internal sealed class ListDisplay(int position, Expression[] elements) : Expression(position)
{
    protected override Value Compute(Interpreter run) => new ListValue(Array.ConvertAll(elements, element => element.Evaluate(run)));
}

/// <summary><c>(a, b)</c>.</summary>
internal sealed class TupleDisplay(int position, Expression[] elements) : Expression(position)
{
    protected override Value Compute(Interpreter run) => new TupleValue(Array.ConvertAll(elements, element => element.Evaluate(run)));
}

/// <summary><c>{a: b}</c>.</summary>
internal sealed class DictDisplay(int position, (Expression Key, Expression Value)[] entries) : Expression(position)
{
    private const int StepsPerMapping = 4;

    protected override Value Compute(Interpreter run)
    {
        run.Charge(StepsPerMapping);
        var result = new OrderedDictionary<Value, Value>(entries.Length);
        foreach ((Expression key, Expression value) in entries)
        {
            Value name = key.Evaluate(run);
            run.Charge(name.Weight);
            result[name] = value.Evaluate(run);
            run.Position = Position;
        }

        return new DictValue(result);
    }
}
