using Attune.Kernels.Jit;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Cpu.Int8;

/// <summary>Products with weights of 8-bit codes, for which rows of the other operand become codes, too: twice the multiply-adds of bf16 in a step, from half the memory.</summary>
/// <remarks>
/// Rows get a scale for every <see cref="Int8Blocks.Codes"/> numbers, so that a large number spoils the precision of its neighbours only. In the product dY W, whose sums run over rows of W, the
/// scales of W are multiplied into dY first. Sums of codes are exact; all tiers and any number of threads give the same bits. That gradients may be so rounded beside gradients of weights
/// that are not was shown by Wortsman et al. 2023 (SwitchBack).
/// </remarks>
internal sealed unsafe class Int8Products(Gemm gemm) : IDisposable
{
    /// <summary>Bytes of codes of A that are kept at a time.</summary>
    private const long RowsBytes = 16 << 20;

    private readonly Int8Kernels _kernels = new(gemm.Kernels.Tier);
    private readonly AlignedBuffer?[] _turned = new AlignedBuffer?[gemm.Pool.Threads];
    private AlignedBuffer? _rows;
    private AlignedBuffer? _scales;
    private AlignedBuffer? _ones;

    /// <summary>Packs a weight.</summary>
    public Int8Panels Pack(in MatrixView weight, PackUse use)
    {
        var panels = new Int8Panels(weight.Rows, weight.Columns, use);
        var job = new Int8PackJob(weight, panels);
        gemm.Pool.Run(ref job, panels.Panels);
        if ((use & PackUse.Backward) != 0)
        {
            var correcting = new Int8CorrectJob(panels);
            gemm.Pool.Run(ref correcting, panels.TurnedBlocks);
        }

        return panels;
    }

    /// <summary>Whether products take a term of a precision with them, see <see cref="GemmEpilogue.Added"/>.</summary>
    public bool Adds(DType precision) => _kernels.Adds(gemm.Kernels.StorageOf(precision));

    /// <summary>C = alpha (A B + added) + bias + addend, where B is W^T, or W for <see cref="PackUse.Backward"/>; sizes and types as for <see cref="Gemm.Multiply(in MatrixView, PackedPanels, in MatrixView, in GemmEpilogue)"/>.</summary>
    /// <exception cref="TensorException">Sizes do not fit.</exception>
    public void Multiply(in MatrixView a, Int8Panels b, PackUse direction, in MatrixView c, in GemmEpilogue epilogue)
    {
        bool isTurned = direction == PackUse.Backward;
        (int columns, int depth) = isTurned ? (b.Columns, b.Rows) : (b.Rows, b.Columns);
        if (a.Columns != depth || c.Rows != a.Rows || c.Columns != columns)
        {
            throw new TensorException($"matrix product: {a} by int8 [{b.Rows}, {b.Columns}]{(isTurned ? string.Empty : " transposed")} does not give {c}");
        }

        if (c.Rows == 0 || columns == 0)
        {
            return;
        }

        lock (gemm.Pool.Runs)
        {
            int steps = isTurned ? PanelLayout.PanelsOf(depth) * PanelLayout.PanelRows / Int8Arguments.StepCodes : b.Steps;
            int blocks = Int8Blocks.Count(steps);

            // An odd number of cache lines spreads the rows of a tile over all sets of the cache.
            nint stride = (nint)blocks * Int8Blocks.Codes | PanelLayout.StepBytes;
            GemmEpilogue readable = gemm.WithReadableRows(epilogue, worker: 0);
            int chunk = (int)Math.Clamp(RowsBytes / stride, 1, a.Rows);
            var operand = new Int8Operand(b, isTurned, isTurned ? Ones(columns) : b.Scales, steps);
            for (int first = 0; first < a.Rows; first += chunk)
            {
                int rows = Math.Min(chunk, a.Rows - first);
                byte* codes = AlignedBuffer.Grow(ref _rows, rows * (long)stride);
                var scales = (float*)AlignedBuffer.Grow(ref _scales, rows * (long)blocks * sizeof(float));
                var left = new Int8Rows(codes, stride, scales, blocks);
                var quantizing = new Int8RowsJob(a, first, isTurned ? b.Scales : null, left, rows);
                gemm.Pool.Run(ref quantizing, (rows + Int8RowsJob.UnitRows - 1) / Int8RowsJob.UnitRows);
                var plan = new GemmPlan(gemm.Kernels, rows, PanelLayout.PanelsOf(columns), steps, DType.I8, gemm.Pool.Threads);
                var part = new MatrixView(c.At(first, 0), c.DType, rows, columns, c.RowStride);
                var job = new Int8ProductJob(_kernels, plan, left, operand, _turned, part, readable.Part(first, rows, 0, columns));
                gemm.Pool.Run(ref job, plan.Units);
            }
        }
    }

    public void Dispose()
    {
        _rows?.Dispose();
        _scales?.Dispose();
        _ones?.Dispose();
        foreach (AlignedBuffer? buffer in _turned)
        {
            buffer?.Dispose();
        }
    }

    /// <summary>Scales of columns that have none.</summary>
    private float* Ones(int columns)
    {
        int count = PanelLayout.PanelsOf(columns) * PanelLayout.PanelRows;
        if (_ones is null || _ones.Bytes < count * sizeof(float))
        {
            AlignedBuffer.Grow(ref _ones, count * sizeof(float));
            new Span<float>(_ones!.Pointer, (int)(_ones.Bytes / sizeof(float))).Fill(1);
        }

        return (float*)_ones.Pointer;
    }
}
