using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Attune.Data.Duplicates;

/// <summary>
/// Finds texts that stand more than once in a data set, word for word or nearly. Rows are added one by one and only their keys are kept, most of them on the disk: memory is 32 bytes a row at the end.
/// </summary>
public sealed class DuplicateFinder : IDisposable
{
    private readonly MinHasher? _hasher;
    private readonly LshBands _bands;
    private readonly KeyColumn[] _columns;

    /// <summary>Prepares for a data set.</summary>
    /// <param name="threshold">The Jaccard similarity of word windows from which texts count as nearly equal; null to look for equal ones only. Range: above 0 and below 1.</param>
    /// <param name="hasher">Makes the sketches. Default: 128 functions of seed 1.</param>
    /// <exception cref="DataException">The threshold is out of its range.</exception>
    public DuplicateFinder(double? threshold = null, MinHasher? hasher = null)
    {
        if (threshold is { } value)
        {
            _hasher = hasher ?? new MinHasher();
            _bands = LshBands.For(value, _hasher.Functions);
        }

        _columns = [.. Enumerable.Range(0, 1 + _bands.Bands).Select(_ => new KeyColumn())];
    }

    /// <summary>Rows added so far.</summary>
    public int Rows => _columns[0].Count;

    /// <summary>What a text is compared by: the key of its words, and one key for each band of its sketch. 0 is equal to nothing. Safe for several threads at once.</summary>
    public ulong[] KeysOf(string text)
    {
        ulong[] keys = new ulong[_columns.Length];
        if (string.IsNullOrWhiteSpace(text))
        {
            return keys;
        }

        keys[0] = BinaryPrimitives.ReadUInt64LittleEndian(ExactKey.Hash(text));
        if (_hasher is not null)
        {
            var hashes = new List<uint>();
            Shingles.Hash(text, hashes);
            Span<uint> sketch = _hasher.Functions <= 1024 ? stackalloc uint[_hasher.Functions] : new uint[_hasher.Functions];
            _hasher.Sketch(CollectionsMarshal.AsSpan(hashes), sketch);
            for (int band = 0; band < _bands.Bands; band++)
            {
                keys[band + 1] = Mix(sketch.Slice(band * _bands.Rows, _bands.Rows));
            }
        }

        return keys;
    }

    /// <summary>Adds the next row.</summary>
    /// <param name="keys">Its text's keys, from <see cref="KeysOf"/>.</param>
    public void Add(ReadOnlySpan<ulong> keys)
    {
        for (int i = 0; i < _columns.Length; i++)
        {
            _columns[i].Add(keys[i]);
        }
    }

    /// <summary>Compares all rows.</summary>
    public DuplicateGroups Find()
    {
        ulong[] keys = new ulong[Rows];
        int[] order = new int[Rows];
        var groups = new UnionFind(Rows);
        Join(_columns[0], keys, order, groups);
        int[] equal = groups.Roots();
        foreach (KeyColumn column in _columns.AsSpan(1))
        {
            Join(column, keys, order, groups);
        }

        return new DuplicateGroups(equal, _hasher is null ? equal : groups.Roots());
    }

    /// <summary>Frees the temporary files.</summary>
    public void Dispose()
    {
        foreach (KeyColumn column in _columns)
        {
            column.Dispose();
        }
    }

    private static void Join(KeyColumn column, ulong[] keys, int[] order, UnionFind groups)
    {
        column.Read(keys);
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Array.Sort(keys, order);
        for (int i = 1; i < keys.Length; i++)
        {
            if (keys[i] == keys[i - 1] && keys[i] != 0)
            {
                groups.Join(order[i], order[i - 1]);
            }
        }
    }

    /// <summary>A hash of a band's values; never 0, which is equal to nothing.</summary>
    private static ulong Mix(ReadOnlySpan<uint> band)
    {
        ulong hash = 0;
        foreach (uint value in band)
        {
            // A round of splitmix64 for each value.
            unchecked
            {
                hash = (hash ^ value) + 0x9E3779B97F4A7C15;
                hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9;
                hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EB;
                hash ^= hash >> 31;
            }
        }

        return hash | 1;
    }
}

/// <summary>Which rows of a data set are the same.</summary>
/// <param name="FirstEqual">For each row the first row with the same words; the row itself when there is none before it [N].</param>
/// <param name="FirstAlike">For each row the first row of all that are the same or nearly, directly or through others [N].</param>
public sealed record DuplicateGroups(IReadOnlyList<int> FirstEqual, IReadOnlyList<int> FirstAlike)
{
    /// <summary>Rows that have the words of an earlier one.</summary>
    public int EqualRows { get; } = FirstEqual.Where((first, row) => first != row).Count();

    /// <summary>Rows that are the same as an earlier one or nearly.</summary>
    public int AlikeRows { get; } = FirstAlike.Where((first, row) => first != row).Count();

    /// <summary>What a row has in common with an earlier one of its group.</summary>
    internal string ReasonOf(int row) => FirstEqual[row] == row ? "nearly equal to an earlier row" : "the words of an earlier row";
}
