using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Attention;

/// <summary>A block of queries of one sequence with all query heads of one key-value head: row m is query m / group, head m % group.</summary>
internal readonly unsafe ref struct QueryBlock
{
    /// <summary>Rows of a block, if the group of heads is not larger.</summary>
    public const int MaxRows = 128;

    private readonly ref readonly AttentionProblem _problem;

    public QueryBlock(in AttentionProblem problem, in AttentionProblem.Sequence sequence, int keyHead, int start, int count)
    {
        _problem = ref problem;
        FirstRow = sequence.FirstQuery + start;
        FirstHead = keyHead * problem.Group;
        Queries = count;
        FirstKey = int.MaxValue;
        SharedEnd = int.MaxValue;
        for (int i = 0; i < count; i++)
        {
            (int from, int to) = problem.Range(sequence, start + i, out _);
            SharedStart = Math.Max(SharedStart, from);
            SharedEnd = Math.Min(SharedEnd, to);
            if (from < to)
            {
                FirstKey = Math.Min(FirstKey, from);
                EndKey = Math.Max(EndKey, to);
            }
        }
    }

    public int FirstRow { get; }

    public int FirstHead { get; }

    public int Queries { get; }

    public int Rows => Queries * _problem.Group;

    /// <summary>First key that a query of the block sees.</summary>
    public int FirstKey { get; }

    /// <summary>End of the keys that queries of the block see; 0 when they see none.</summary>
    public int EndKey { get; }

    /// <summary>First key of those that every query of the block sees.</summary>
    public int SharedStart { get; }

    /// <summary>End of the keys that every query of the block sees; not beyond their start when there are none.</summary>
    public int SharedEnd { get; }

    /// <summary>Queries of a block: a multiple of 16 where so many fit, because their rows then are whole panels.</summary>
    public static int QueriesOf(in AttentionProblem problem)
    {
        int queries = Math.Max(1, MaxRows / problem.Group);
        return queries < PanelLayout.PanelRows ? queries : queries / PanelLayout.PanelRows * PanelLayout.PanelRows;
    }

    /// <summary>Rows of a block of <see cref="QueriesOf"/> queries.</summary>
    public static int RowsOf(in AttentionProblem problem) => QueriesOf(problem) * problem.Group;

    public int RowOf(int m) => FirstRow + (m / _problem.Group);

    public int HeadOf(int m) => FirstHead + (m % _problem.Group);

    /// <summary>Copies the rows of a tensor as a left operand of <see cref="TileProduct"/>.</summary>
    public void Load<V>(in HeadRows source, byte* target)
        where V : struct, IVec<V>
    {
        TileProduct products = _problem.Products;
        nint stride = products.RowBytes(source.Size);
        if (source.HeadsAdjoin && source.Type == products.Storage && stride == source.Size * source.Type.SizeInBytes)
        {
            long bytes = _problem.Group * stride;
            for (int i = 0; i < Queries; i++)
            {
                source.Fetch(FirstRow + i, FirstHead, _problem.Group);
                Buffer.MemoryCopy(source.At(FirstRow + i, FirstHead), target + (i * bytes), bytes, bytes);
            }

            return;
        }

        float* buffer = stackalloc float[AttentionProblem.MaxHeadSize];
        for (int m = 0; m < Rows; m++)
        {
            LoadRow<V>(source, products.Storage, RowOf(m), HeadOf(m), target + (m * stride), buffer);
        }
    }

    /// <summary>Copies one row in a storage type; the missing half of the last pair becomes 0.</summary>
    public static void LoadRow<V>(in HeadRows source, DType storage, long row, long head, byte* target, float* buffer)
        where V : struct, IVec<V>
    {
        if (storage == DType.F32)
        {
            source.Load<V>(row, head, (float*)target);
            return;
        }

        source.LoadBF16<V>(row, head, (ushort*)target, buffer);
        if (source.Size % 2 != 0)
        {
            ((ushort*)target)[source.Size] = 0;
        }
    }
}
