namespace Attune.Kernels.Cpu.Attention;

/// <summary>
/// Keys and values of all sequences as right operands, packed once for all blocks of queries that read them: each sequence and key-value head has the panels of K, then those
/// of V^T. A job that packs a block of keys per index.
/// </summary>
internal unsafe struct PackedKeys : IJob
{
    /// <summary>Keys of a block, whole panels.</summary>
    private const int BlockKeys = 256;

    private readonly AttentionProblem _problem;
    private AttentionUnit* _units;
    private long* _starts;
    private byte* _memory;
    private int _unitCount;

    public PackedKeys(in AttentionProblem problem) => _problem = problem;

    /// <summary>Takes the memory that is needed; over an empty layout only counts it.</summary>
    public void Place(ref ScratchLayout scratch, bool counts)
    {
        _unitCount = AttentionUnits.Count(_problem, BlockKeys, keys: true);
        _units = (AttentionUnit*)scratch.Take((long)_unitCount * sizeof(AttentionUnit));
        _starts = (long*)scratch.Take((long)_problem.Sequences * sizeof(long));
        long bytes = 0;
        for (int s = 0; s < _problem.Sequences; s++)
        {
            if (!counts)
            {
                _starts[s] = bytes;
            }

            bytes += HeadBytes(_problem.SequenceAt(s).Keys) * _problem.KeyHeads;
        }

        _memory = scratch.Take(bytes);
    }

    /// <summary>Packs everything.</summary>
    public void Run(WorkerPool pool)
    {
        AttentionUnits.List(_problem, BlockKeys, keys: true, _units);
        pool.Run(ref this, _unitCount);
    }

    public readonly void Execute(int index, int worker)
    {
        AttentionUnit unit = _units[index];
        TileProduct products = _problem.Products;
        long row = (long)_problem.SequenceAt(unit.Sequence).FirstKey + unit.Start;
        MatrixView keys = _problem.K.View(row, unit.KeyHead, unit.Count);
        MatrixView values = _problem.V.View(row, unit.KeyHead, unit.Count);
        products.Pack(keys, Keys(unit.Sequence, unit.KeyHead).FromColumn(unit.Start));
        products.Pack(values.Transposed, ValuesTransposed(unit.Sequence, unit.KeyHead).FromDepth(unit.Start, products.Storage));
    }

    /// <summary>K, as the right operand of Q K^T.</summary>
    public readonly Panels Keys(int sequence, int head) => _problem.Products.At(HeadStart(sequence, head), _problem.K.Size);

    /// <summary>V^T, as the right operand of P V.</summary>
    public readonly Panels ValuesTransposed(int sequence, int head)
    {
        int keys = _problem.SequenceAt(sequence).Keys;
        return _problem.Products.At(HeadStart(sequence, head) + RowBytes(keys, _problem.K.Size), keys);
    }

    private readonly byte* HeadStart(int sequence, int head) => _memory + _starts[sequence] + (head * HeadBytes(_problem.SequenceAt(sequence).Keys));

    private readonly long HeadBytes(int keys) => RowBytes(keys, _problem.K.Size) + RowBytes(_problem.V.Size, keys);

    /// <summary>Panels of a matrix [columns, depth].</summary>
    private readonly nint RowBytes(int columns, int depth) => PanelLayout.PanelsOf(columns) * _problem.Products.Layout(depth).PanelBytes;
}
