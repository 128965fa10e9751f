using Attune.Kernels.Cpu.Elementwise;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Rows;

/// <summary>The rows (last dimension) of a tensor of floats, seen in single precision.</summary>
internal readonly unsafe struct RowView
{
    private const int ChunkElements = 16 * 1024;

    private readonly byte* _start;
    private readonly DType _type;
    private readonly long _stride;

    public RowView(Tensor tensor)
    {
        _start = CpuStorage.Start(tensor);
        _type = tensor.DType;
        Columns = tensor.Shape.Rank == 0 ? 1 : checked((int)tensor.Shape[-1]);
        _stride = tensor.Shape.Rank == 2 ? tensor.Strides[0] : Columns;
        Count = Columns == 0 ? 0 : tensor.Count / Columns;
    }

    public int Columns { get; }

    public long Count { get; }

    /// <summary>Rows that one index of a job works on: a fixed number of elements.</summary>
    public int PerChunk => Math.Max(1, ChunkElements / Math.Max(1, Columns));

    public int Chunks => checked((int)((Count + PerChunk - 1) / PerChunk));

    /// <summary>Floats of scratch memory that a row takes, so that neighbours do not share a cache line.</summary>
    public int Padded => (Columns + 15) & ~15;

    public bool IsDirect => _type == DType.F32;

    public bool IsBF16 => _type == DType.BF16;

    /// <summary>Whether a tensor can be worked on row by row: numbers of a row lie side by side, and rows do in tensors of other ranks than 2.</summary>
    public static bool Fits(Tensor tensor) =>
        (tensor.IsContiguous || (tensor.Shape.Rank == 2 && tensor.Strides[1] == 1)) && tensor.DType is DType.F32 or DType.BF16 or DType.F16;

    /// <summary>A row to read: in place, or converted into <paramref name="buffer"/>.</summary>
    public float* Read<V>(long row, float* buffer)
        where V : struct, IVec<V>
    {
        byte* at = At(row);
        if (IsDirect)
        {
            return (float*)at;
        }

        Blocks.Load<V>(_type, at, 1, Columns, buffer);
        return buffer;
    }

    /// <summary>Where to write a row; <see cref="Finish"/> brings it home.</summary>
    public float* Target(long row, float* buffer) => IsDirect ? (float*)At(row) : buffer;

    public void Finish<V>(long row, float* buffer)
        where V : struct, IVec<V>
    {
        if (!IsDirect)
        {
            Blocks.Store<V>(_type, At(row), 1, Columns, buffer);
        }
    }

    /// <summary>The first number of a row.</summary>
    public byte* At(long row) => _start + (row * _stride * _type.SizeInBytes);
}
