using Attune.Formats;
using Attune.Tensors;

namespace Attune.Export.Onnx.Recording;

/// <summary>Strided views, which graphs do not have, as reshapes, slices and transposes of whole values.</summary>
internal sealed partial class RecordingBackend
{
    /// <summary>The value in a graph that a tensor stands for, in the tensor's shape.</summary>
    /// <param name="tensor">What is read.</param>
    /// <param name="expand">Whether repeated dimensions must have their extents; else they have extent 1, which operators broadcast.</param>
    private string Operand(Tensor tensor, bool expand = false)
    {
        if (!_values.TryGetValue(tensor.Storage, out List<RecordedValue>? parts))
        {
            string constant = ConstantOf(tensor);
            bool isShort = _uniform.ContainsKey(tensor.Storage) || tensor.Strides.ToArray().Zip(tensor.Shape.ToArray()).Any(pair => pair.First == 0 && pair.Second > 1);
            return expand && isShort ? Expanded(constant, [], tensor.Shape.ToArray()) : constant;
        }

        RecordedValue? same = parts.Find(part =>
            part.Offset == tensor.Offset && part.Extents.AsSpan().SequenceEqual(tensor.Shape.ToArray()) && part.Strides.AsSpan().SequenceEqual(tensor.Strides.ToArray()));
        return same?.Name ?? View(Whole(tensor.Storage, parts), tensor, expand);
    }

    /// <summary>Notes that a tensor's place now holds a value.</summary>
    private void Set(Tensor destination, string name)
    {
        var value = new RecordedValue(name, destination.Shape.ToArray(), destination.Strides.ToArray(), destination.Offset);
        _uniform.Remove(destination.Storage);
        if (destination.Offset > 0 && _values.TryGetValue(destination.Storage, out List<RecordedValue>? parts))
        {
            parts.Add(value);
        }
        else
        {
            _values[destination.Storage] = [value];
        }
    }

    /// <summary>The value that parts written one after the other make up along one dimension.</summary>
    private RecordedValue Whole(Storage storage, List<RecordedValue> parts)
    {
        RecordedValue first = parts[0];
        if (parts.Count == 1)
        {
            return first;
        }

        int axis = Array.FindIndex(first.Strides, stride => parts[1].Offset - first.Offset == stride * first.Extents[Array.IndexOf(first.Strides, stride)]);
        long next = first.Offset;
        foreach (RecordedValue part in parts)
        {
            if (axis < 0 || part.Offset != next || !part.Strides.AsSpan().SequenceEqual(first.Strides))
            {
                throw Refused("it puts a value together in a way that is not known");
            }

            next += part.Extents[axis] * part.Strides[axis];
        }

        long[] extents = [.. first.Extents];
        extents[axis] = parts.Sum(part => part.Extents[axis]);
        var whole = new RecordedValue(_graph.Node("Concat", [.. parts.Select(part => part.Name)], new OnnxAttribute("axis", (long)axis)), extents, first.Strides, first.Offset);
        _values[storage] = [whole];
        return whole;
    }

    /// <summary>
    /// Orders the dimensions by stride; between two strides lies an extent of the value itself, so the value is reshaped to those extents, cut where the view sees less of them,
    /// turned into the view's order and given its shape.
    /// </summary>
    private string View(RecordedValue value, Tensor tensor, bool expand)
    {
        long[] shape = tensor.Shape.ToArray();
        long[] strides = tensor.Strides.ToArray();
        long[] seen = [.. shape.Zip(strides, (extent, stride) => stride == 0 ? 1 : extent)];
        string name = value.Name;
        long[] extents = value.Extents;
        if (value.Count != tensor.Count || tensor.Offset != value.Offset || !tensor.IsContiguous)
        {
            int[] order = [.. Enumerable.Range(0, shape.Length).Where(i => seen[i] > 1).OrderByDescending(i => strides[i])];
            (long[] full, long[] starts) = Factors(value, tensor, order);
            name = Reshaped(name, extents, full);
            long[] cut = [.. order.Select(i => shape[i]), .. full[order.Length..].Select(_ => 1L)];
            name = Sliced(name, full, starts, cut);
            long[] permutation = [.. Enumerable.Range(0, order.Length).OrderBy(i => order[i]).Select(i => (long)i), .. Enumerable.Range(order.Length, full.Length - order.Length).Select(i => (long)i)];
            name = permutation.Index().All(pair => pair.Item == pair.Index) ? name : _graph.Node("Transpose", [name], new OnnxAttribute("perm", permutation));
            extents = [.. permutation.Select(i => cut[i])];
        }

        name = Reshaped(name, extents, seen);
        return expand && !seen.AsSpan().SequenceEqual(shape) ? Expanded(name, seen, shape) : name;
    }

    /// <summary>The extents of a value between a view's strides, and where in them the view begins.</summary>
    private static (long[] Full, long[] Starts) Factors(RecordedValue value, Tensor tensor, int[] order)
    {
        List<long> full = [];
        List<long> starts = [];
        long outer = value.Count;
        long offset = tensor.Offset - value.Offset;
        foreach (long stride in order.Select(i => tensor.Strides[i]).Append(1))
        {
            if (full.Count == order.Length && outer == 1)
            {
                break;
            }

            (long extent, long rest) = Math.DivRem(outer, stride);
            starts.Add(offset / stride);
            full.Add(extent);
            offset %= stride;
            outer = stride;
            long length = full.Count <= order.Length ? tensor.Shape[order[full.Count - 1]] : 1;
            if (rest != 0 || offset < 0 || starts[^1] + length > extent)
            {
                throw Refused($"it looks at the value [{string.Join(", ", value.Extents)}] in steps of {tensor.Strides}");
            }
        }

        return ([.. full], [.. starts]);
    }

    private string Sliced(string name, long[] full, long[] starts, long[] extents)
    {
        int[] axes = [.. Enumerable.Range(0, full.Length).Where(i => extents[i] != full[i])];
        if (axes.Length == 0)
        {
            return name;
        }

        if (axes.Any(i => Sizes.Grows(full[i])))
        {
            throw Refused("it looks at some of the tokens only");
        }

        return _graph.Node(
            "Slice",
            [
                name,
                _graph.Integers([.. axes.Select(i => starts[i])]),
                _graph.Integers([.. axes.Select(i => starts[i] + extents[i])]),
                _graph.Integers([.. axes.Select(i => (long)i)]),
            ]);
    }

    private string Reshaped(string name, long[] from, long[] to) =>
        from.AsSpan().SequenceEqual(to) ? name : _graph.Node("Reshape", [name, _graph.Integers(Open(to))]);

    /// <summary>Repeats a value along the dimensions whose extents are to change; the others stay whatever they are.</summary>
    private string Expanded(string name, long[] from, long[] to)
    {
        long[] repeated = [.. to.Select((extent, i) => i < from.Length && from[i] == extent ? 1 : extent)];
        if (Sizes.Grows(repeated))
        {
            throw Refused("it repeats a value for every token");
        }

        return _graph.Node("Expand", [name, _graph.Integers(repeated)]);
    }

    /// <summary>Extents for a reshape: -1 for the one that grows with the batch.</summary>
    private long[] Open(long[] extents) => extents.Count(Sizes.Grows) <= 1
        ? [.. extents.Select(extent => Sizes.Grows(extent) ? -1 : extent)]
        : throw Refused("it holds a number for every pair of tokens");
}
