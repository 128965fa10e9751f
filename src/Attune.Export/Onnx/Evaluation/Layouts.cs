namespace Attune.Export.Onnx.Evaluation;

/// <summary>Operators that only move elements.</summary>
internal static class Layouts
{
    public static OnnxArray Reshape(OperatorCall call)
    {
        long[] from = call.Extents(0);
        long[] to = [.. call.Integers(1).Select((extent, i) => extent == 0 ? from[i] : extent)];
        int open = Array.IndexOf(to, -1);
        if (open >= 0)
        {
            long known = to.Where(extent => extent >= 0).Aggregate(1L, static (count, extent) => count * extent);
            to[open] = known == 0 ? 0 : call.Inputs[0].Count / known;
        }

        return call.Inputs[0].With(to);
    }

    public static OnnxArray Unsqueeze(OperatorCall call)
    {
        List<long> extents = [.. call.Extents(0)];
        int rank = extents.Count + call.Integers(1).Length;
        foreach (long axis in call.Integers(1).Select(axis => axis < 0 ? axis + rank : axis).Order())
        {
            extents.Insert((int)axis, 1);
        }

        return call.Inputs[0].With(extents);
    }

    public static OnnxArray Transpose(OperatorCall call)
    {
        long[] order = call.List("perm") ?? throw new ArgumentException("expected an order of the dimensions");
        long[] strides = Places.Strides(call.Extents(0));
        long[] extents = [.. order.Select(i => call.Extents(0)[i])];
        return call.Inputs[0].Pick(extents, Places.Of(extents, [.. order.Select(i => strides[i])]));
    }

    public static OnnxArray Expand(OperatorCall call)
    {
        long[] extents = Places.Broadcast(call.Extents(0), call.Integers(1));
        return call.Inputs[0].Pick(extents, Places.Of(extents, Places.Strides(call.Extents(0), extents)));
    }

    public static OnnxArray Slice(OperatorCall call)
    {
        long[] extents = [.. call.Extents(0)];
        long[] strides = Places.Strides(extents);
        long offset = 0;
        for (int i = 0; i < call.Integers(1).Length; i++)
        {
            int axis = call.Axis(call.Integers(3)[i]);
            long from = Math.Clamp(call.Integers(1)[i], 0, extents[axis]);
            long to = Math.Clamp(call.Integers(2)[i], from, extents[axis]);
            offset += from * strides[axis];
            extents[axis] = to - from;
        }

        return call.Inputs[0].Pick(extents, Places.Of(extents, strides, offset));
    }

    public static OnnxArray Concat(OperatorCall call)
    {
        int axis = call.Axis(call.Integer("axis", 0));
        long[] extents = [.. call.Extents(0)];
        extents[axis] = call.Inputs.Sum(input => input.Extents[axis]);
        long outer = extents[..axis].Aggregate(1L, static (count, extent) => count * extent);
        List<(int, int)> places = [];
        for (int row = 0; row < outer; row++)
        {
            for (int source = 0; source < call.Inputs.Count; source++)
            {
                int length = call.Inputs[source].Count / (int)Math.Max(1, outer);
                places.AddRange(Enumerable.Range(row * length, length).Select(place => (source, place)));
            }
        }

        return call.Inputs[0].Join(call.Inputs, extents, [.. places]);
    }

    public static OnnxArray Gather(OperatorCall call)
    {
        if (call.Integer("axis", 0) != 0)
        {
            throw new ArgumentException("expected rows");
        }

        long[] from = call.Extents(0);
        int length = (int)from[1..].Aggregate(1L, static (count, extent) => count * extent);
        List<int> places = [];
        foreach (long row in call.Integers(1))
        {
            long at = row < 0 ? row + from[0] : row;
            places.AddRange(at >= 0 && at < from[0] ? Enumerable.Range((int)at * length, length) : throw new ArgumentException($"there is no row {row} of {from[0]}"));
        }

        return call.Inputs[0].Pick([.. call.Extents(1), .. from[1..]], [.. places]);
    }

    public static OnnxArray GatherElements(OperatorCall call)
    {
        int axis = call.Axis(call.Integer("axis", 0));
        long[] from = call.Extents(0);
        long[] extents = call.Extents(1);
        long[] strides = Places.Strides(from);
        if (extents.Length != from.Length || extents.Where((extent, i) => i != axis && extent > from[i]).Any())
        {
            throw new ArgumentException($"the extents [{string.Join(", ", from)}] and [{string.Join(", ", extents)}] do not fit");
        }

        long[] others = [.. strides];
        others[axis] = 0;
        int[] places = Places.Of(extents, others);
        long[] along = call.Integers(1);
        for (int i = 0; i < places.Length; i++)
        {
            long at = along[i] < 0 ? along[i] + from[axis] : along[i];
            places[i] += at >= 0 && at < from[axis] ? (int)(at * strides[axis]) : throw new ArgumentException($"there is no place {along[i]} of {from[axis]}");
        }

        return call.Inputs[0].Pick(extents, places);
    }

    /// <summary>Places of a list that are not zero [1, n].</summary>
    public static OnnxArray NonZero(OperatorCall call)
    {
        if (call.Extents(0).Length != 1)
        {
            throw new ArgumentException("expected a list");
        }

        long[] places = [.. call.Floats(0).Index().Where(pair => pair.Item != 0).Select(pair => (long)pair.Index)];
        return new OnnxArray<long>([1, places.Length], places);
    }

    /// <summary>Rows added to those that the indices [n, 1] name.</summary>
    public static OnnxArray ScatterAddRows(OperatorCall call)
    {
        if (call.Text("reduction") != "add" || call.Extents(1) is not [var count, 1] || call.Extents(2)[0] != count)
        {
            throw new ArgumentException("expected rows to be added, each with an index");
        }

        float[] sums = [.. call.Floats(0)];
        float[] added = call.Floats(2);
        long[] rows = call.Integers(1);
        long present = call.Extents(0)[0];
        int length = (int)call.Extents(0)[1..].Aggregate(1L, static (product, extent) => product * extent);
        if (added.Length != count * length)
        {
            throw new ArgumentException($"{added.Length} numbers are no {count} rows of {length}");
        }

        for (int row = 0; row < count; row++)
        {
            int start = rows[row] >= 0 && rows[row] < present ? (int)(rows[row] * length) : throw new ArgumentException($"there is no row {rows[row]} of {present}");
            for (int i = 0; i < length; i++)
            {
                sums[start + i] += added[(row * length) + i];
            }
        }

        return new OnnxArray<float>(call.Extents(0), sums);
    }

    public static OnnxArray Range(OperatorCall call)
    {
        (long start, long end, long step) = (call.Integers(0)[0], call.Integers(1)[0], call.Integers(2)[0]);
        long count = Math.Max(0, (end - start + step - 1) / step);
        return new OnnxArray<long>([count], [.. Enumerable.Range(0, (int)count).Select(i => start + (i * step))]);
    }
}
