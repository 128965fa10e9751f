using System.Buffers;
using Attune.Tensors;

namespace Attune.Nn;

/// <summary>Which rows of its slab each sequence has: all of its tokens, or those that a window still sees, at places that move on until there is no room.</summary>
/// <param name="sequences">Sequences.</param>
/// <param name="rows">Rows of a slab for each.</param>
/// <param name="window">Tokens that a query sees, itself included; 0 for all.</param>
internal sealed class CachePlaces(int sequences, int rows, int window)
{
    private readonly int[] _starts = new int[sequences];
    private readonly int[] _held = new int[sequences];

    public int Window => window;

    public int Rows => rows;

    /// <summary>Where the tokens of the last batch belong together with those that they see; its tensors belong to the scope of that batch.</summary>
    public AttentionLayout Layout { get; private set; }

    /// <summary>I32 [N]: the row of the slab that each token of the last batch has; of the scope of that batch.</summary>
    public Tensor? NewRows { get; private set; }

    /// <summary>The row of the slab behind the last one of a sequence.</summary>
    public long End(int sequence) => ((long)sequence * rows) + _starts[sequence] + _held[sequence];

    /// <summary>The rows of a sequence.</summary>
    public (long Start, int Count) Of(int sequence) => (((long)sequence * rows) + _starts[sequence], _held[sequence]);

    /// <summary>Makes room for the next tokens and says where they and what they see will be.</summary>
    /// <param name="device">Where the layout lives.</param>
    /// <param name="queryStarts">I32 [S + 1].</param>
    /// <param name="counts">The next tokens of each sequence.</param>
    /// <param name="move">Moves rows of the slabs: from, to, how many; the two may overlap.</param>
    /// <exception cref="TensorException">There are more tokens than a window's slab takes at a time.</exception>
    public void Append(Device device, Tensor queryStarts, ReadOnlySpan<int> counts, Action<CachePlaces, long, long, int> move)
    {
        Span<int> starts = stackalloc int[sequences];
        Span<int> lengths = stackalloc int[sequences];
        for (int s = 0; s < sequences; s++)
        {
            int seen = window == 0 ? _held[s] : Math.Min(_held[s], window - 1);
            if (_starts[s] + _held[s] + counts[s] > rows)
            {
                if (seen + counts[s] > rows)
                {
                    throw new TensorException($"the cache of a window of {window} takes {rows - seen} tokens at a time, found {counts[s]}");
                }

                move(this, End(s) - seen, (long)s * rows, seen);
                (_starts[s], _held[s]) = (0, seen);
            }

            starts[s] = (s * rows) + _starts[s] + _held[s] - seen;
            lengths[s] = seen + counts[s];
        }

        Layout = new AttentionLayout(queryStarts, device.From(starts, [sequences]), device.From(lengths, [sequences]));
        NewRows = MakeNewRows(device, counts);
    }

    private Tensor MakeNewRows(Device device, ReadOnlySpan<int> counts)
    {
        int total = 0;
        foreach (int count in counts)
        {
            total += count;
        }

        int[] rented = ArrayPool<int>.Shared.Rent(total);
        Span<int> places = rented.AsSpan(0, total);
        int next = 0;
        for (int s = 0; s < sequences; s++)
        {
            for (int i = 0; i < counts[s]; i++)
            {
                places[next++] = (int)End(s) + i;
            }
        }

        Tensor tensor = device.From<int>(places, [total], DType.I32);
        ArrayPool<int>.Shared.Return(rented);
        return tensor;
    }

    /// <summary>Counts tokens as held.</summary>
    public void Commit(int sequence, int count) => _held[sequence] += count;

    /// <summary>Forgets the last tokens of a sequence.</summary>
    /// <param name="sequence">Its index.</param>
    /// <param name="dropped">How many.</param>
    /// <param name="left">How many tokens of the sequence are left.</param>
    /// <exception cref="TensorException">A window has let go of tokens that it would see again.</exception>
    public void Drop(int sequence, int dropped, int left)
    {
        int held = Math.Max(0, _held[sequence] - dropped);
        if (window > 0 && held < Math.Min(left, window - 1))
        {
            throw new TensorException($"the cache of a window of {window} holds {held} of the {left} tokens that are to be left; read the text anew");
        }

        _held[sequence] = held;
        _starts[sequence] = held == 0 ? 0 : _starts[sequence];
    }

    /// <summary>Takes the places of other sequences over.</summary>
    public void Reorder(ReadOnlySpan<int> parents)
    {
        int[] starts = [.. _starts];
        int[] held = [.. _held];
        for (int s = 0; s < sequences; s++)
        {
            (_starts[s], _held[s]) = (starts[parents[s]], held[parents[s]]);
        }
    }
}
