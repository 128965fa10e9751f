using Attune.Tensors;

namespace Attune.Nn;

/// <summary>Keys and values of the tokens that a model has read, per layer: a slab of <see cref="Capacity"/> rows for each of some sequences.</summary>
public sealed class KvCache : IDisposable
{
    private readonly Device _device;
    private readonly Tensor[] _keys;
    private readonly Tensor[] _values;
    private readonly int[] _lengths;
    private readonly int[] _appended;

    /// <summary>Makes an empty cache.</summary>
    /// <param name="device">Where it lives.</param>
    /// <param name="layers">Layers of the model.</param>
    /// <param name="sequences">Sequences.</param>
    /// <param name="capacity">Tokens of each.</param>
    /// <param name="kvHeads">Key-value heads: K.</param>
    /// <param name="headSize">Size of a key: D.</param>
    /// <param name="dtype">Element type.</param>
    /// <param name="valueSize">Size of a value; null for that of a key.</param>
    public KvCache(Device device, int layers, int sequences, int capacity, int kvHeads, int headSize, DType dtype, int? valueSize = null)
    {
        _device = device;
        Capacity = capacity;
        _lengths = new int[sequences];
        _appended = new int[sequences];
        Shape slab = [(long)sequences * capacity, kvHeads, headSize];
        _keys = Slabs(layers, slab, dtype);
        _values = Slabs(layers, slab.With(2, valueSize ?? headSize), dtype);
    }

    /// <summary>Tokens that each sequence can hold.</summary>
    public int Capacity { get; }

    /// <summary>Tokens that a sequence holds.</summary>
    public int Length(int sequence) => _lengths[sequence];

    /// <summary>
    /// Describes the next tokens of every sequence (possibly none of some) as a batch at the positions behind what the cache holds; forward passes over it append to the
    /// cache, and <see cref="Commit"/> makes that lasting.
    /// </summary>
    /// <param name="inputIds">The new tokens of all sequences, one after the other.</param>
    /// <param name="counts">How many of them each sequence has.</param>
    /// <exception cref="TensorException">A sequence would outgrow the capacity.</exception>
    public TokenBatch Append(ReadOnlySpan<int> inputIds, ReadOnlySpan<int> counts)
    {
        int sequences = _lengths.Length;
        Span<int> starts = stackalloc int[sequences + 1];
        Span<int> keyStarts = stackalloc int[sequences];
        Span<int> keyLengths = stackalloc int[sequences];
        int[] positions = new int[inputIds.Length];
        int maxPosition = 0;
        starts[0] = 0;
        for (int s = 0; s < sequences; s++)
        {
            if (_lengths[s] + counts[s] > Capacity)
            {
                throw new TensorException($"the cache holds {Capacity} tokens of a sequence, {_lengths[s] + counts[s]} were to be kept");
            }

            starts[s + 1] = starts[s] + counts[s];
            keyStarts[s] = s * Capacity;
            keyLengths[s] = _lengths[s] + counts[s];
            _appended[s] = counts[s];
            for (int i = 0; i < counts[s]; i++)
            {
                positions[starts[s] + i] = _lengths[s] + i;
                maxPosition = Math.Max(maxPosition, _lengths[s] + i);
            }
        }

        return new TokenBatch(
            _device.From(inputIds, [inputIds.Length]),
            _device.From(positions, [positions.Length]),
            new AttentionLayout(_device.From(starts, [sequences + 1]), _device.From(keyStarts, [sequences]), _device.From(keyLengths, [sequences])),
            maxPosition);
    }

    /// <summary>Writes a layer's keys and values [N, K, D] of the batch behind those that are there and gives all of the layer's.</summary>
    public (Tensor Keys, Tensor Values) Store(int layer, Tensor keys, Tensor values)
    {
        long row = 0;
        for (int s = 0; s < _lengths.Length; s++)
        {
            if (_appended[s] > 0)
            {
                long place = ((long)s * Capacity) + _lengths[s];
                _device.Backend.Copy(keys.Narrow(0, row, _appended[s]), _keys[layer].Narrow(0, place, _appended[s]));
                _device.Backend.Copy(values.Narrow(0, row, _appended[s]), _values[layer].Narrow(0, place, _appended[s]));
                row += _appended[s];
            }
        }

        return (_keys[layer], _values[layer]);
    }

    /// <summary>Counts the tokens of the last batch as read.</summary>
    public void Commit()
    {
        for (int s = 0; s < _lengths.Length; s++)
        {
            _lengths[s] += _appended[s];
            _appended[s] = 0;
        }
    }

    /// <summary>Replaces every sequence by a copy of the one that it continues: the beams of a search.</summary>
    /// <param name="parents">For each sequence the one whose tokens it takes over.</param>
    public void Reorder(ReadOnlySpan<int> parents)
    {
        int[] lengths = [.. _lengths];
        foreach (Tensor slab in _keys.Concat(_values))
        {
            using StepScope scope = _device.Scope();
            var copies = new Tensor?[parents.Length];
            for (int s = 0; s < parents.Length; s++)
            {
                if (parents[s] != s && lengths[parents[s]] > 0)
                {
                    Tensor source = slab.Narrow(0, (long)parents[s] * Capacity, lengths[parents[s]]);
                    copies[s] = _device.Empty(source.Shape, source.DType);
                    _device.Backend.Copy(source, copies[s]!);
                }
            }

            for (int s = 0; s < parents.Length; s++)
            {
                if (copies[s] is { } copy)
                {
                    _device.Backend.Copy(copy, slab.Narrow(0, (long)s * Capacity, copy.Shape[0]));
                }
            }
        }

        for (int s = 0; s < parents.Length; s++)
        {
            _lengths[s] = lengths[parents[s]];
        }
    }

    /// <summary>Forgets everything behind the first <paramref name="length"/> tokens of a sequence.</summary>
    public void Truncate(int sequence, int length) => _lengths[sequence] = Math.Min(_lengths[sequence], length);

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        foreach (Tensor tensor in _keys.Concat(_values))
        {
            _device.Release(tensor);
        }
    }

    private Tensor[] Slabs(int layers, Shape shape, DType dtype)
    {
        var slabs = new Tensor[layers];
        for (int i = 0; i < layers; i++)
        {
            slabs[i] = _device.Persistent(shape, dtype);
        }

        return slabs;
    }
}
