using Attune.Formats;

namespace Attune.Export.Onnx.Evaluation;

/// <summary>Operators that work element by element.</summary>
internal static class Elementwise
{
    public static OnnxArray Map(OperatorCall call, Func<float, float> floats, Func<long, long>? integers = null) => call.Inputs[0] is OnnxArray<long> && integers is not null
        ? new OnnxArray<long>(call.Extents(0), Array.ConvertAll(call.Integers(0), value => integers(value)))
        : new OnnxArray<float>(call.Extents(0), Array.ConvertAll(call.Floats(0), value => floats(value)));

    public static OnnxArray Zip(OperatorCall call, Func<float, float, float> floats, Func<long, long, long> integers) =>
        call.Inputs[0] is OnnxArray<long> ? Zip<long, long>(call, integers) : Zip<float, float>(call, floats);

    public static OnnxArray Compare(OperatorCall call, Func<float, float, bool> floats, Func<long, long, bool> integers) =>
        call.Inputs[0] is OnnxArray<long> ? Zip<long, bool>(call, integers) : Zip<float, bool>(call, floats);

    public static OnnxArray Zip<TIn, TOut>(OperatorCall call, Func<TIn, TIn, TOut> function)
    {
        TIn[] left = ((OnnxArray<TIn>)call.Inputs[0]).Values;
        TIn[] right = ((OnnxArray<TIn>)call.Inputs[1]).Values;
        long[] extents = Places.Broadcast(call.Extents(0), call.Extents(1));
        int[]? a = Indices(call, 0, extents);
        int[]? b = Indices(call, 1, extents);
        var result = new TOut[extents.Aggregate(1L, static (count, extent) => count * extent)];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = function(left[a is null ? i : a[i]], right[b is null ? i : b[i]]);
        }

        return new OnnxArray<TOut>(extents, result);
    }

    public static OnnxArray Where(OperatorCall call)
    {
        long[] extents = Places.Broadcast(call.Extents(0), call.Extents(1), call.Extents(2));
        int[] condition = Places.Of(extents, Places.Strides(call.Extents(0), extents));
        int[] yes = Places.Of(extents, Places.Strides(call.Extents(1), extents));
        int[] no = Places.Of(extents, Places.Strides(call.Extents(2), extents));
        bool[] holds = call.Booleans(0);
        return call.Inputs[1].Join([call.Inputs[1], call.Inputs[2]], extents, [.. condition.Select((place, i) => holds[place] ? (0, yes[i]) : (1, no[i]))]);
    }

    public static OnnxArray Cast(OperatorCall call)
    {
        long[] extents = call.Extents(0);
        double[] values = call.Inputs[0] switch
        {
            OnnxArray<float> floats => Array.ConvertAll(floats.Values, value => (double)value),
            OnnxArray<long> integers => Array.ConvertAll(integers.Values, value => (double)value),
            OnnxArray<bool> booleans => Array.ConvertAll(booleans.Values, value => value ? 1.0 : 0),
            _ => throw new ArgumentException("expected numbers or truth values"),
        };
        return (OnnxType)call.Integer("to", 0) switch
        {
            OnnxType.Float => new OnnxArray<float>(extents, Array.ConvertAll(values, value => (float)value)),
            OnnxType.Int64 => new OnnxArray<long>(extents, Array.ConvertAll(values, value => (long)value)),
            OnnxType.Bool => new OnnxArray<bool>(extents, Array.ConvertAll(values, value => value != 0)),
            _ => throw new ArgumentException("expected one of the types 1, 7 and 9"),
        };
    }

    /// <summary>Where the elements of an input lie; null when it has the result's extents.</summary>
    private static int[]? Indices(OperatorCall call, int input, long[] extents) =>
        call.Extents(input).AsSpan().SequenceEqual(extents) ? null : Places.Of(extents, Places.Strides(call.Extents(input), extents));
}
