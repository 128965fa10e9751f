namespace Attune.Kernels.Cpu.Attention;

/// <summary>
/// Keys and values of all sequences as right operands, packed once for all blocks of queries that read them. Each sequence and key-value head has the panels of K, then for
/// the forward pass those of V^T, for the gradient of the queries those of V and K^T. A job that packs a block of keys per index.
/// </summary>
internal unsafe struct PackedKeys : IJob
{
    /// <summary>Keys of a block, whole panels.</summary>
    private const int BlockKeys = 256;

    private readonly AttentionProblem _problem;
    private readonly bool _gradient;
    private AttentionUnit* _units;
    private long* _starts;
    private byte* _memory;
    private int _unitCount;

    public PackedKeys(in AttentionProblem problem, bool gradient)
    {
        _problem = problem;
        _gradient = gradient;
    }

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
        if (_gradient)
        {
            products.Pack(values, Values(unit.Sequence, unit.KeyHead).FromColumn(unit.Start));
            products.Pack(keys.Transposed, KeysTransposed(unit.Sequence, unit.KeyHead).FromDepth(unit.Start, products.Storage));
        }
        else
        {
            products.Pack(values.Transposed, ValuesTransposed(unit.Sequence, unit.KeyHead).FromDepth(unit.Start, products.Storage));
        }
    }

    /// <summary>K, as the right operand of Q K^T.</summary>
    public readonly Panels Keys(int sequence, int head) => _problem.Products.At(HeadStart(sequence, head), _problem.K.Size);

    /// <summary>V, as the right operand of dY V^T.</summary>
    public readonly Panels Values(int sequence, int head) =>
        _problem.Products.At(HeadStart(sequence, head) + RowBytes(_problem.SequenceAt(sequence).Keys, _problem.K.Size), _problem.V.Size);

    /// <summary>V^T, as the right operand of P V.</summary>
    public readonly Panels ValuesTransposed(int sequence, int head)
    {
        int keys = _problem.SequenceAt(sequence).Keys;
        return _problem.Products.At(HeadStart(sequence, head) + RowBytes(keys, _problem.K.Size), keys);
    }

    /// <summary>K^T, as the right operand of dS K.</summary>
    public readonly Panels KeysTransposed(int sequence, int head)
    {
        int keys = _problem.SequenceAt(sequence).Keys;
        return _problem.Products.At(HeadStart(sequence, head) + RowBytes(keys, _problem.K.Size) + RowBytes(keys, _problem.V.Size), keys);
    }

    private readonly byte* HeadStart(int sequence, int head) => _memory + _starts[sequence] + (head * HeadBytes(_problem.SequenceAt(sequence).Keys));

    private readonly long HeadBytes(int keys) => RowBytes(keys, _problem.K.Size)
        + (_gradient ? RowBytes(keys, _problem.V.Size) + RowBytes(_problem.K.Size, keys) : RowBytes(_problem.V.Size, keys));

    /// <summary>Panels of a matrix [columns, depth].</summary>
    private readonly nint RowBytes(int columns, int depth) => PanelLayout.PanelsOf(columns) * _problem.Products.Layout(depth).PanelBytes;
}
