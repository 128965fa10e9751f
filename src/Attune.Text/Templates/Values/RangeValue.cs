using System.Numerics;
using Attune.Text.Templates.Builtins;

namespace Attune.Text.Templates.Values;

/// <summary><c>range(start, stop, step)</c> of at most <see cref="MaxCount"/> numbers.</summary>
internal sealed class RangeValue : Value
{
    public const int MaxCount = 100_000;

    private readonly BigInteger _start;
    private readonly BigInteger _stop;
    private readonly BigInteger _step;

    public RangeValue(BigInteger start, BigInteger stop, BigInteger step)
    {
        if (step.IsZero)
        {
            throw new TemplateFault("the step of range must not be 0");
        }

        (_start, _stop, _step) = (start, stop, step);
        BigInteger distance = step.Sign > 0 ? stop - start : start - stop;
        BigInteger size = BigInteger.Abs(step);
        BigInteger count = distance.Sign <= 0 ? 0 : (distance + size - 1) / size;
        Length = count <= MaxCount ? (int)count : throw new TemplateFault($"range has at most {MaxCount} numbers, found {count}");
    }

    private int Length { get; }

    public override string TypeName => "range";

    public override bool IsTrue => Length > 0;

    public override int? Count => Length;

    public override IEnumerable<Value> Items => Enumerable.Range(0, Length).Select(At);

    public override Value? Attribute(string name) => SequenceMethods.Table.Find(this, name);

    public override Value? Item(Value key) => Containers.ElementAt(key, Length, this, static (range, i) => range.At(i));

    public override void PrintRepr(ValuePrinter printer) => printer.Append(_step.IsOne ? $"range({_start}, {_stop})" : $"range({_start}, {_stop}, {_step})");

    public RangeValue Slice(BigInteger start, BigInteger stop, BigInteger step) => new(_start + (start * _step), _start + (stop * _step), _step * step);

    public override bool Equals(Value? other) => other is RangeValue range && range.Length == Length && (Length == 0 || (range._start == _start && (Length == 1 || range._step == _step)));

    public override int GetHashCode() => Length == 0 ? 0 : HashCode.Combine(Length, _start);

    private Value At(int i) => IntValue.Of(_start + (i * _step));
}
