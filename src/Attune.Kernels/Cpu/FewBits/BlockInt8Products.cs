using Attune.Kernels.Cpu.MatMul;
using Attune.Kernels.Jit;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Cpu.FewBits;

/// <summary>Products of many rows with weights of few bits, for which rows become int8 in blocks of 32: twice the multiply-adds of bf16 in an instruction.</summary>
/// <remarks>
/// A group of panels is unpacked to bytes in the worker's own cache just before all rows are multiplied with it. Sums of a block are exact integers, sums of blocks fp32 in the order of K: all tiers and
/// any number of threads give the same bits.
/// </remarks>
internal sealed unsafe class BlockInt8Products(Gemm gemm) : IDisposable
{
    /// <summary>Bytes of rounded rows that are kept at a time.</summary>
    private const long RowsBytes = 16 << 20;

    private readonly BlockInt8Kernels _kernels = new(gemm.Kernels.Tier);
    private readonly AlignedBuffer?[] _unpacked = new AlignedBuffer?[gemm.Pool.Threads];
    private AlignedBuffer? _rows;

    /// <summary>Whether products take a term of a precision with them, see <see cref="GemmEpilogue.Added"/>.</summary>
    public bool Adds(DType precision) => _kernels.Adds(gemm.Kernels.StorageOf(precision));

    /// <summary>C = alpha (A B + added) + bias + addend; the caller holds the lock of the pool's runs.</summary>
    public void Multiply(in MatrixView a, BlockPanels b, in MatrixView c, in GemmEpilogue epilogue)
    {
        GemmEpilogue readable = gemm.WithReadableRows(epilogue, worker: 0);
        for (int first = 0, rows; first < a.Rows; first += rows)
        {
            BlockInt8Rows left = Round(a, first, b, out rows);
            Multiply(left, b, new MatrixView(c.At(first, 0), c.DType, rows, c.Columns, c.RowStride), readable.Part(first, rows, 0, c.Columns));
        }
    }

    /// <summary>C_i = A B_i + bias_i for weights of one format, for which rows are rounded once.</summary>
    /// <param name="a">The rows.</param>
    /// <param name="products">The products.</param>
    /// <param name="biases">The biases, one after the other, in single precision.</param>
    public void MultiplyTogether(in MatrixView a, ReadOnlySpan<PackedProduct> products, float* biases)
    {
        for (int first = 0, rows; first < a.Rows; first += rows)
        {
            BlockInt8Rows left = Round(a, first, (BlockPanels)products[0].Weight, out rows);
            float* bias = biases;
            foreach (ref readonly PackedProduct product in products)
            {
                Matrices.TryView(product.Destination, out MatrixView c);
                var part = new MatrixView(c.At(first, 0), c.DType, rows, c.Columns, c.RowStride);
                Multiply(left, (BlockPanels)product.Weight, part, new GemmEpilogue { Bias = product.Bias is null ? null : bias });
                bias += product.Bias?.Count ?? 0;
            }
        }
    }

    public void Dispose()
    {
        _rows?.Dispose();
        foreach (AlignedBuffer? buffer in _unpacked)
        {
            buffer?.Dispose();
        }
    }

    /// <summary>Rounds as many rows as are kept at a time.</summary>
    private BlockInt8Rows Round(in MatrixView a, int first, BlockPanels b, out int rows)
    {
        nint stride = BlockInt8Rows.StrideOf(b.Blocks);
        rows = (int)Math.Clamp(RowsBytes / stride, 1, a.Rows - first);
        var target = new BlockInt8Rows((nint)AlignedBuffer.Grow(ref _rows, rows * (long)stride), stride);
        var job = new BlockInt8RowsJob(new MatrixView(a.At(first, 0), a.DType, rows, a.Columns, a.RowStride, a.ColumnStride), b.Format, target);
        gemm.Pool.Run(ref job, job.Units);
        return target;
    }

    private void Multiply(BlockInt8Rows a, BlockPanels b, in MatrixView c, in GemmEpilogue epilogue)
    {
        var plan = new GemmPlan(gemm.Kernels, c.Rows, b.Panels, b.Blocks * BlockInt8Layout.Steps, DType.I8, gemm.Pool.Threads);
        var job = new BlockInt8ProductJob(_kernels, plan, a, b, _unpacked, c, epilogue);
        gemm.Pool.Run(ref job, plan.Units);
    }
}
