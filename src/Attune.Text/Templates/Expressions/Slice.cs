using System.Numerics;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Expressions;

/// <summary><c>a[start:stop:step]</c>.</summary>
internal sealed class Slice(int position, Expression target, Expression? start, Expression? stop, Expression? step) : Expression(position)
{
    protected override Value Compute(Interpreter run)
    {
        Value value = target.Evaluate(run);
        BigInteger? from = Bound(run, start), to = Bound(run, stop), by = Bound(run, step);
        run.Position = Position;
        if (value is UndefinedValue undefined)
        {
            throw undefined.Fault();
        }

        if (value is not (StringValue or SequenceValue or RangeValue))
        {
            throw new TemplateFault($"a value of type '{value.TypeName}' cannot be sliced");
        }

        (int first, int last, int stride, int count) = Resolve(from, to, by ?? 1, value.Count!.Value);
        run.Charge(1 + (count / (value is StringValue ? StringValue.CharactersPerStep : 4)));
        if (value is StringValue { HasSurrogatePairs: true })
        {
            run.ChargeFlat(value);
        }

        return value switch
        {
            RangeValue range => range.Slice(first, last, stride),
            SequenceValue sequence => sequence.With(Pick(sequence.Elements, first, stride, count)),
            _ => Substring(run, (StringValue)value, first, stride, count),
        };
    }

    /// <summary>Python's rules: bounds are counted from the end when negative and cut at the ends.</summary>
    private static (int Start, int Stop, int Step, int Count) Resolve(BigInteger? start, BigInteger? stop, BigInteger step, int length)
    {
        if (step.IsZero)
        {
            throw new TemplateFault("the step of a slice must not be 0");
        }

        int stride = (int)BigInteger.Clamp(step, -int.MaxValue, int.MaxValue);
        int low = stride > 0 ? 0 : -1, high = stride > 0 ? length : length - 1;
        int first = start is { } s ? Clamp(s) : stride > 0 ? low : high;
        int last = stop is { } e ? Clamp(e) : stride > 0 ? high : low;
        long distance = stride > 0 ? (long)last - first : (long)first - last;
        long size = Math.Abs((long)stride);
        return (first, last, stride, distance <= 0 ? 0 : (int)((distance + size - 1) / size));

        int Clamp(BigInteger bound) => (int)BigInteger.Clamp(bound < 0 ? bound + length : bound, low, high);
    }

    private static BigInteger? Bound(Interpreter run, Expression? bound)
    {
        if (bound is null)
        {
            return null;
        }

        Value value = bound.Evaluate(run);
        return value is NoneValue ? null
            : Number.TryInteger(value, out BigInteger integer) ? integer
            : throw new TemplateFault($"the bounds of a slice must be integers, found a value of type '{value.TypeName}'");
    }

    private static T[] Pick<T>(T[] elements, int first, int stride, int count)
    {
        var picked = new T[count];
        for (int i = 0; i < count; i++)
        {
            picked[i] = elements[first + (i * stride)];
        }

        return picked;
    }

    private static StringValue Substring(Interpreter run, StringValue value, int first, int stride, int count)
    {
        if (stride == 1)
        {
            int begin = PythonText.IndexOfCodePoint(value, first);
            return new StringValue(value.Text[begin..(count == 0 ? begin : PythonText.IndexOfCodePoint(value, first + count))], value.IsMarkup);
        }

        run.ChargeCharacters(value.Text);
        string[] characters = [.. value.Items.Select(item => ((StringValue)item).Text)];
        return new StringValue(string.Concat(Pick(characters, first, stride, count)), value.IsMarkup);
    }
}
