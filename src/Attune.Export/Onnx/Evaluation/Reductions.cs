using System.Numerics;

namespace Attune.Export.Onnx.Evaluation;

/// <summary>Operators that make one number of many.</summary>
internal static class Reductions
{
    public static OnnxArray Sum(OperatorCall call) => call.Inputs[0] is OnnxArray<long>
        ? Reduce<long>(call, call.Integers(1), values => values.Sum())
        : Reduce<float>(call, call.Integers(1), values => (float)values.Sum(value => (double)value));

    public static OnnxArray Mean(OperatorCall call) => Reduce<float>(call, Axes(call), values => (float)values.Average(value => (double)value));

    public static OnnxArray Max(OperatorCall call) => Reduce<float>(call, Axes(call), values => values.Max());

    public static OnnxArray ArgMax(OperatorCall call)
    {
        long[] extents = call.Extents(0);
        int axis = call.Axis(call.Integer("axis", 0));
        (long[] kept, long[] strides) = Without(extents, [axis], keep: false);
        long stride = Places.Strides(extents)[axis];
        float[] values = call.Floats(0);
        return new OnnxArray<long>(kept, [.. Places.Of(kept, strides).Select(place =>
        {
            int[] along = [.. Enumerable.Range(0, (int)extents[axis]).Select(i => place + (int)(i * stride))];
            return (long)Array.IndexOf(along, along.MaxBy(at => values[at]));
        })]);
    }

    public static OnnxArray CumSum(OperatorCall call) => call.Inputs[0] is OnnxArray<long> ? CumSum<long>(call) : CumSum<float>(call);

    private static OnnxArray<T> CumSum<T>(OperatorCall call)
        where T : INumber<T>
    {
        long[] extents = call.Extents(0);
        int axis = call.Axis(call.Integers(1)[0]);
        int stride = (int)Places.Strides(extents)[axis];
        T[] sums = [.. ((OnnxArray<T>)call.Inputs[0]).Values];
        for (int i = 0; i < sums.Length; i++)
        {
            sums[i] += i / stride % extents[axis] == 0 ? T.Zero : sums[i - stride];
        }

        return new OnnxArray<T>(extents, sums);
    }

    private static long[] Axes(OperatorCall call) => call.List("axes") ?? throw new ArgumentException("expected the dimensions");

    private static OnnxArray<T> Reduce<T>(OperatorCall call, long[] axes, Func<T[], T> function)
    {
        long[] extents = call.Extents(0);
        int[] reduced = [.. axes.Select(axis => call.Axis(axis))];
        (long[] kept, long[] keptStrides) = Without(extents, reduced, call.Integer("keepdims", 1) != 0);
        long[] strides = Places.Strides(extents);
        int[] along = Places.Of([.. reduced.Select(axis => extents[axis])], [.. reduced.Select(axis => strides[axis])]);
        T[] values = ((OnnxArray<T>)call.Inputs[0]).Values;
        return new OnnxArray<T>(kept, [.. Places.Of(kept, keptStrides).Select(place => function(Array.ConvertAll(along, offset => values[place + offset])))]);
    }

    /// <summary>The extents without some dimensions, or with 1 in their place, and the strides of what is left.</summary>
    private static (long[] Extents, long[] Strides) Without(long[] extents, int[] axes, bool keep)
    {
        long[] strides = Places.Strides(extents);
        int[] left = [.. Enumerable.Range(0, extents.Length).Where(i => keep || !axes.Contains(i))];
        return ([.. left.Select(i => axes.Contains(i) ? 1 : extents[i])], [.. left.Select(i => strides[i])]);
    }
}
