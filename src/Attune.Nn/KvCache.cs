using Attune.Tensors;

namespace Attune.Nn;

/// <summary>
/// Keys and values of the tokens that a model has read, per layer: a slab of rows for each of some sequences. A layer that sees only a window of the text holds little more than that window.
/// </summary>
public sealed class KvCache : IKvCache, IDisposable
{
    /// <summary>Most tokens that are read at a time where nothing else is said.</summary>
    public const int UsualPieceTokens = 512;

    private readonly Device _device;
    private readonly Tensor[] _keys;
    private readonly Tensor[] _values;
    private readonly CachePlaces _all;
    private readonly CachePlaces[] _places;
    private readonly CachePlaces[] _distinct;
    private readonly Dictionary<int, Tensor[]> _kept = [];
    private readonly Action<CachePlaces, long, long, int> _move;
    private readonly int[] _lengths;
    private readonly int[] _appended;

    /// <summary>Makes an empty cache.</summary>
    /// <param name="device">Where it lives.</param>
    /// <param name="layers">What each layer keeps, in their order.</param>
    /// <param name="sequences">Sequences.</param>
    /// <param name="capacity">Tokens of each.</param>
    /// <param name="dtype">Element type.</param>
    /// <param name="pieceTokens">Most tokens of a sequence that are read at a time where a layer sees a window only.</param>
    public KvCache(Device device, IReadOnlyList<CacheLayer> layers, int sequences, int capacity, DType dtype, int pieceTokens = UsualPieceTokens)
    {
        _device = device;
        Capacity = capacity;
        _move = Move;
        _lengths = new int[sequences];
        _appended = new int[sequences];
        _all = new CachePlaces(sequences, capacity, window: 0);
        var windows = layers.Select(layer => layer.Window).Distinct().Where(window => RowsOf(window) < capacity)
            .ToDictionary(window => window, window => new CachePlaces(sequences, (int)RowsOf(window), window));
        _distinct = [_all, .. windows.Values];
        _places = [.. layers.Select(layer => windows.GetValueOrDefault(layer.Window, _all))];
        _keys = [.. layers.Select((layer, i) => device.Persistent([(long)sequences * _places[i].Rows, layer.KvHeads, layer.KeySize], dtype))];
        _values = [.. layers.Select((layer, i) => device.Persistent([(long)sequences * _places[i].Rows, layer.KvHeads, layer.ValueSize], dtype))];

        long RowsOf(int window) => window == 0 ? long.MaxValue : (long)window - 1 + pieceTokens;
    }

    /// <summary>Tokens that each sequence can have.</summary>
    public int Capacity { get; }

    /// <summary>Bytes of all keys and values.</summary>
    public long Bytes => _keys.Concat(_values).Sum(slab => slab.Count * slab.DType.SizeInBytes);

    /// <summary>Tokens that a sequence has.</summary>
    public int Length(int sequence) => _lengths[sequence];

    /// <summary>
    /// Describes the next tokens of every sequence (possibly none of some) as a batch at the positions behind what the cache holds; forward passes over it append to the
    /// cache, and <see cref="Commit"/> makes that lasting.
    /// </summary>
    /// <param name="inputIds">The new tokens of all sequences, one after the other.</param>
    /// <param name="counts">How many of them each sequence has.</param>
    /// <exception cref="TensorException">A sequence would outgrow the capacity, or has more tokens than are read at a time.</exception>
    public TokenBatch Append(ReadOnlySpan<int> inputIds, ReadOnlySpan<int> counts)
    {
        int sequences = _lengths.Length;
        Span<int> starts = stackalloc int[sequences + 1];
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
            _appended[s] = counts[s];
            for (int i = 0; i < counts[s]; i++)
            {
                positions[starts[s] + i] = _lengths[s] + i;
                maxPosition = Math.Max(maxPosition, _lengths[s] + i);
            }
        }

        Tensor queryStarts = _device.From(starts, [sequences + 1]);
        foreach (CachePlaces places in _distinct)
        {
            places.Append(_device, queryStarts, counts, _move);
        }

        return new TokenBatch(_device.From(inputIds, [inputIds.Length]), _device.From(positions, [positions.Length]), _all.Layout, maxPosition);
    }

    /// <inheritdoc/>
    public (Tensor Keys, Tensor Values) Store(int layer, Tensor keys, Tensor values)
    {
        Put(keys, _places[layer], _keys[layer]);
        Put(values, _places[layer], _values[layer]);
        return (_keys[layer], _values[layer]);
    }

    /// <inheritdoc/>
    public AttentionLayout LayoutOf(int layer) => _places[layer].Layout;

    /// <inheritdoc/>
    public IReadOnlyList<Tensor> Keep(int layer, Func<Tensor[]> make)
    {
        if (!_kept.TryGetValue(layer, out Tensor[]? kept))
        {
            using StepScope scope = _device.Scope();
            using var pause = _device.Tape.Pause();
            kept = [.. make().Select(made =>
            {
                Tensor lasting = _device.Persistent(made.Shape, made.DType);
                _device.Backend.Copy(made, lasting);
                return lasting;
            })];
            _kept.Add(layer, kept);
        }

        return kept;
    }

    /// <summary>Counts the tokens of the last batch as read.</summary>
    public void Commit()
    {
        for (int s = 0; s < _lengths.Length; s++)
        {
            foreach (CachePlaces places in _distinct)
            {
                places.Commit(s, _appended[s]);
            }

            _lengths[s] += _appended[s];
            _appended[s] = 0;
        }
    }

    /// <summary>Replaces every sequence by a copy of the one that it continues: the beams of a search.</summary>
    /// <param name="parents">For each sequence the one whose tokens it takes over.</param>
    public void Reorder(ReadOnlySpan<int> parents)
    {
        for (int layer = 0; layer < _places.Length; layer++)
        {
            Reorder(_keys[layer], _places[layer], parents);
            Reorder(_values[layer], _places[layer], parents);
        }

        foreach (CachePlaces places in _distinct)
        {
            places.Reorder(parents);
        }

        int[] lengths = [.. _lengths];
        for (int s = 0; s < parents.Length; s++)
        {
            _lengths[s] = lengths[parents[s]];
        }
    }

    /// <summary>Forgets everything behind the first <paramref name="length"/> tokens of a sequence.</summary>
    /// <exception cref="TensorException">A window has let go of tokens that it would see again.</exception>
    public void Truncate(int sequence, int length)
    {
        int dropped = _lengths[sequence] - length;
        if (dropped <= 0)
        {
            return;
        }

        foreach (CachePlaces places in _distinct)
        {
            places.Drop(sequence, dropped, length);
        }

        _lengths[sequence] = length;
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        foreach (Tensor tensor in _keys.Concat(_values).Concat(_kept.Values.SelectMany(kept => kept)))
        {
            _device.Release(tensor);
        }

        _kept.Clear();
    }

    private void Reorder(Tensor slab, CachePlaces places, ReadOnlySpan<int> parents)
    {
        using StepScope scope = _device.Scope();
        var copies = new Tensor?[parents.Length];
        for (int s = 0; s < parents.Length; s++)
        {
            (long start, int count) = places.Of(parents[s]);
            if (parents[s] != s && count > 0)
            {
                copies[s] = Copy(slab.Narrow(0, start, count));
            }
        }

        for (int s = 0; s < parents.Length; s++)
        {
            if (copies[s] is { } copy)
            {
                long start = places.Of(parents[s]).Start - ((long)parents[s] * places.Rows) + ((long)s * places.Rows);
                _device.Backend.Copy(copy, slab.Narrow(0, start, copy.Shape[0]));
            }
        }
    }

    /// <summary>Moves rows of all slabs with these places.</summary>
    private void Move(CachePlaces places, long from, long to, int count)
    {
        using StepScope scope = _device.Scope();
        for (int layer = 0; layer < _places.Length && count > 0; layer++)
        {
            if (_places[layer] == places)
            {
                _device.Backend.Copy(Copy(_keys[layer].Narrow(0, from, count)), _keys[layer].Narrow(0, to, count));
                _device.Backend.Copy(Copy(_values[layer].Narrow(0, from, count)), _values[layer].Narrow(0, to, count));
            }
        }
    }

    /// <summary>Writes the rows of the last batch to their places.</summary>
    private void Put(Tensor rows, CachePlaces places, Tensor slab)
    {
        if (_device.Backend.TryPutRows(rows, places.NewRows!, slab))
        {
            return;
        }

        long row = 0;
        for (int s = 0; s < _lengths.Length; s++)
        {
            if (_appended[s] > 0)
            {
                _device.Backend.Copy(rows.Narrow(0, row, _appended[s]), slab.Narrow(0, places.End(s), _appended[s]));
                row += _appended[s];
            }
        }
    }

    private Tensor Copy(Tensor source)
    {
        Tensor copy = _device.Empty(source.Shape, source.DType);
        _device.Backend.Copy(source, copy);
        return copy;
    }
}
