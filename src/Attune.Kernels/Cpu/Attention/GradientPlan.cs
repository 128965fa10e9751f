namespace Attune.Kernels.Cpu.Attention;

/// <summary>
/// Cuts the work of a gradient into chunks whose memory is bounded. The cuts do not change results: the gradient of a query is made within one chunk, and that of a key meets
/// its queries in the same order however they are cut.
/// </summary>
internal unsafe struct GradientPlan
{
    /// <summary>
    /// Bytes of a chunk per thread: what one pass leaves for the next should still be near. Half of it and a chunk has too few units to be shared evenly, four times as much and the passes wait for memory.
    /// </summary>
    private const long ThreadBytes = 2 << 20;

    /// <summary>Bytes of a chunk for any number of threads, if no single block needs more.</summary>
    private const long MaxBytes = 16 << 20;

    /// <summary>Keys of a unit.</summary>
    public const int UnitKeys = 128;

    private readonly AttentionProblem _problem;
    private readonly long _chunkBytes;
    private readonly int _blockCount;
    private readonly int _unitCount;
    private int _block;
    private int _unit;
    private int _chunkBlock;
    private int _chunkUnit;
    private long _bytes;

    public GradientPlan(in AttentionProblem problem, int threads)
    {
        _problem = problem;
        _chunkBytes = Math.Min(threads * ThreadBytes, MaxBytes);
        _blockCount = AttentionUnits.Count(problem, QueryBlock.QueriesOf(problem), keys: false);
        _unitCount = AttentionUnits.Count(problem, UnitKeys, keys: true);
    }

    public GradientBlock* Blocks { get; private set; }

    public GradientUnit* Units { get; private set; }

    public GradientItem* Items { get; private set; }

    public GradientChunk* Chunks { get; private set; }

    /// <summary>Number of chunks.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of the largest chunk.</summary>
    public long Bytes { get; private set; }

    /// <summary>Takes memory for the tables.</summary>
    public void Place(ref ScratchLayout scratch)
    {
        int items = _problem.Sequences * _problem.KeyHeads;
        Blocks = (GradientBlock*)scratch.Take((long)_blockCount * sizeof(GradientBlock));
        Units = (GradientUnit*)scratch.Take((long)_unitCount * sizeof(GradientUnit));
        Items = (GradientItem*)scratch.Take((long)items * sizeof(GradientItem));
        Chunks = (GradientChunk*)scratch.Take(((long)_blockCount + items) * sizeof(GradientChunk));
    }

    /// <summary>Fills the tables, or only finds <see cref="Bytes"/>.</summary>
    public void Make(bool fills)
    {
        _block = _unit = _chunkBlock = _chunkUnit = Count = 0;
        _bytes = Bytes = 0;
        for (int s = 0; s < _problem.Sequences; s++)
        {
            AttentionProblem.Sequence sequence = _problem.SequenceAt(s);
            long itemBytes = new GradientItemMemory(_problem, sequence.Keys, null).Bytes;
            long blockBytes = BlockBytes(sequence);
            for (int head = 0; head < _problem.KeyHeads; head++)
            {
                AddItem(sequence, s, head, itemBytes, itemBytes + blockBytes, fills);
            }
        }

        Close(begins: true, ends: true, fills);
    }

    private void AddItem(in AttentionProblem.Sequence sequence, int s, int head, long itemBytes, long bytes, bool fills)
    {
        if (_bytes + bytes > _chunkBytes)
        {
            Close(begins: true, ends: true, fills);
        }

        bool cut = bytes > _chunkBytes;
        bool begins = true;
        int item = (s * _problem.KeyHeads) + head;
        long offset = _bytes;
        _bytes += itemBytes;
        int firstUnit = _unit;
        int firstBlock = _block;
        AddUnits(sequence, item, fills);
        int size = QueryBlock.QueriesOf(_problem);
        for (int start = (sequence.Queries - 1) / size * size; start >= 0 && sequence.Queries > 0; start -= size)
        {
            GradientBlock block = BlockAt(sequence, item, start);
            long needed = MemoryOf(block);
            if (cut && _block > _chunkBlock && _bytes + needed > _chunkBytes)
            {
                Close(begins, ends: false, fills);
                begins = false;
                _chunkUnit = firstUnit;
                _bytes = itemBytes;
            }

            if (fills)
            {
                Blocks[_block] = block with { Offset = _bytes };
            }

            _bytes += needed;
            _block++;
        }

        if (fills)
        {
            Items[item] = new GradientItem(s, head, firstBlock, _block, offset);
        }

        if (cut)
        {
            Close(begins, ends: true, fills);
        }
    }

    /// <summary>The first and the last in turn: each two are equally much work when the attention is causal, so every thread's share of the list is.</summary>
    private void AddUnits(in AttentionProblem.Sequence sequence, int item, bool fills)
    {
        int count = (sequence.Keys + UnitKeys - 1) / UnitKeys;
        for (int i = 0; i < count; i++)
        {
            int start = (i % 2 == 0 ? i / 2 : count - 1 - (i / 2)) * UnitKeys;
            if (fills)
            {
                Units[_unit] = new GradientUnit(item, start, Math.Min(UnitKeys, sequence.Keys - start));
            }

            _unit++;
        }
    }

    private void Close(bool begins, bool ends, bool fills)
    {
        Bytes = Math.Max(Bytes, _bytes);
        if (_unit > _chunkUnit || _block > _chunkBlock)
        {
            if (fills)
            {
                Chunks[Count] = new GradientChunk(_chunkUnit, _unit, _chunkBlock, _block, begins, ends);
            }

            Count++;
        }

        _chunkUnit = _unit;
        _chunkBlock = _block;
        _bytes = 0;
    }

    private readonly long BlockBytes(in AttentionProblem.Sequence sequence)
    {
        long bytes = 0;
        int size = QueryBlock.QueriesOf(_problem);
        for (int start = 0; start < sequence.Queries; start += size)
        {
            bytes += MemoryOf(BlockAt(sequence, 0, start));
        }

        return bytes;
    }

    private readonly GradientBlock BlockAt(in AttentionProblem.Sequence sequence, int item, int start)
    {
        int count = Math.Min(QueryBlock.QueriesOf(_problem), sequence.Queries - start);
        var queries = new QueryBlock(_problem, sequence, 0, start, count);
        int first = Math.Min(queries.FirstKey, queries.EndKey) & ~1;
        return new GradientBlock(item, start, count, first, queries.EndKey, queries.SharedStart, queries.SharedEnd, 0);
    }

    private readonly long MemoryOf(in GradientBlock block) => new GradientBlockMemory(_problem, block, null).Bytes;
}
