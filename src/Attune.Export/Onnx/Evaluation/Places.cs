namespace Attune.Export.Onnx.Evaluation;

/// <summary>Arithmetic of extents and places.</summary>
internal static class Places
{
    /// <summary>The extents that values broadcast to.</summary>
    public static long[] Broadcast(params IReadOnlyList<long[]> shapes)
    {
        long[] result = new long[shapes.Max(shape => shape.Length)];
        Array.Fill(result, 1);
        foreach (long[] shape in shapes)
        {
            for (int i = 1; i <= shape.Length; i++)
            {
                if (shape[^i] != 1 && result[^i] != 1 && shape[^i] != result[^i])
                {
                    throw new ArgumentException($"the extents {string.Join(" and ", shapes.Select(s => $"[{string.Join(", ", s)}]"))} do not broadcast");
                }

                result[^i] = result[^i] == 1 ? shape[^i] : result[^i];
            }
        }

        return result;
    }

    /// <summary>Row-major strides.</summary>
    public static long[] Strides(long[] extents)
    {
        long[] strides = new long[extents.Length];
        long stride = 1;
        for (int i = extents.Length - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= extents[i];
        }

        return strides;
    }

    /// <summary>Strides of a value that broadcasts to more extents: 0 where it is repeated.</summary>
    public static long[] Strides(long[] extents, long[] to)
    {
        long[] own = Strides(extents);
        long[] strides = new long[to.Length];
        for (int i = 1; i <= extents.Length; i++)
        {
            strides[^i] = extents[^i] == 1 ? 0 : own[^i];
        }

        return strides;
    }

    /// <summary>Where the elements of a strided view lie, in row-major order.</summary>
    public static int[] Of(long[] extents, long[] strides, long offset = 0)
    {
        int[] places = new int[extents.Aggregate(1L, static (count, extent) => count * extent)];
        long[] index = new long[extents.Length];
        long place = offset;
        for (int i = 0; i < places.Length; i++)
        {
            places[i] = (int)place;
            for (int d = extents.Length - 1; d >= 0; d--)
            {
                place += strides[d];
                if (++index[d] < extents[d])
                {
                    break;
                }

                place -= strides[d] * extents[d];
                index[d] = 0;
            }
        }

        return places;
    }
}
