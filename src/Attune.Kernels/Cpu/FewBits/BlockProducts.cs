using Attune.Kernels.Cpu.MatMul;
using Attune.Kernels.Jit;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Cpu.FewBits;

/// <summary>Products with weights of few bits: those of few rows read the codes, those of many widen the weight, part by part, and multiply it as one of numbers, or round the rows.</summary>
/// <remarks>
/// What is exact stays exact for few rows: numbers of the weight are multiplied before they are rounded. A row has the same bits among any <see cref="FewRows"/> or fewer.
/// </remarks>
internal sealed unsafe class BlockProducts(Gemm gemm) : IDisposable
{
    /// <summary>Rows up to which reading the codes again for every eight costs less than widening them once.</summary>
    public const int FewRows = 32;

    /// <summary>Weights that are multiplied together at most.</summary>
    public const int MostTogether = 4;

    /// <summary>Bytes of a weight that are widened at a time: a part of a third-level cache, and enough columns for whole tiles.</summary>
    private const long WidenedBytes = 8 << 20;

    /// <summary>Bytes of a weight that are worth handing to a thread: a microsecond of reading. Even the small weights of a layer have to be shared evenly.</summary>
    private const long UnitBytes = 16 << 10;

    private const int UnitsPerThread = 4;

    private readonly BlockInt8Products _int8 = new(gemm);
    private readonly BlockProductJob[] _parts = new BlockProductJob[MostTogether];
    private AlignedBuffer? _records;
    private AlignedBuffer? _row;
    private PackedPanels? _widened;

    /// <summary>Packs a weight; null when there are no kernels for it.</summary>
    public BlockPanels? TryPack(IBlockMatrix matrix, DType dtype, bool roundsRows)
    {
        BlockFormat format = matrix.Format;
        if (dtype is not (DType.F32 or DType.BF16) || !KernelsOf(dtype).Supports(format.Bits) || format.Scales is not (DType.F16 or DType.F32)
            || matrix.Columns == 0 || matrix.Columns % BlockFormat.BlockElements != 0)
        {
            return null;
        }

        // Rounding rows is offered beside bf16, where rows are rounded anyway; in fp32 they stay as they are.
        bool rounds = roundsRows && gemm.Kernels.StorageOf(dtype) == DType.BF16;
        var panels = new BlockPanels(matrix.Rows, matrix.Columns, format, dtype, rounds);
        var job = new BlockPackJob(matrix, panels);
        gemm.Pool.Run(ref job, panels.Panels);
        return panels;
    }

    /// <summary>C = alpha A B + bias + addend; sizes and types as for <see cref="Gemm.Multiply(in MatrixView, PackedPanels, in MatrixView, in GemmEpilogue)"/>.</summary>
    /// <exception cref="TensorException">Sizes do not fit.</exception>
    public void Multiply(in MatrixView a, BlockPanels b, in MatrixView c, in GemmEpilogue epilogue)
    {
        if (a.Columns != b.Columns || c.Rows != a.Rows || c.Columns != b.Rows)
        {
            throw new TensorException($"matrix product: {a} by packed [{b.Rows}, {b.Columns}] transposed does not give {c}");
        }

        lock (gemm.Pool.Runs)
        {
            if (a.Rows <= FewRows)
            {
                MultiplyCodes(a, b, c, epilogue);
            }
            else if (b.RoundsRows)
            {
                _int8.Multiply(a, b, c, epilogue);
            }
            else
            {
                MultiplyWidened(a, b, c, epilogue);
            }
        }
    }

    /// <summary>Whether products of some rows with a weight take a term of a precision with them, see <see cref="GemmEpilogue.Added"/>.</summary>
    public bool Adds(DType precision, BlockPanels b, int rows) => rows > FewRows && (b.RoundsRows ? _int8.Adds(precision) : precision == b.DType);

    /// <summary>Whether products of these rows with weights can be made together: from the codes, or of rounded rows, and all codes alike, since the rows are prepared for them.</summary>
    public static bool CanMultiplyTogether(int rows, ReadOnlySpan<PackedProduct> products)
    {
        if (products.Length is < 2 or > MostTogether || products[0].Weight is not BlockPanels first || (rows > FewRows && !first.RoundsRows))
        {
            return false;
        }

        foreach (ref readonly PackedProduct product in products[1..])
        {
            if (product.Weight is not BlockPanels other || other.Format != first.Format || other.DType != first.DType || other.RoundsRows != first.RoundsRows || other.Columns != first.Columns)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>C_i = A B_i + bias_i: the rows are prepared once, and threads share the panels of all weights.</summary>
    /// <param name="a">The rows.</param>
    /// <param name="products">Products that <see cref="CanMultiplyTogether"/> allows.</param>
    /// <param name="biases">The biases, one after the other, in single precision.</param>
    public void MultiplyTogether(in MatrixView a, ReadOnlySpan<PackedProduct> products, float* biases)
    {
        if (a.Rows > FewRows)
        {
            _int8.MultiplyTogether(a, products, biases);
            return;
        }

        long bytes = 0;
        int panels = 0;
        foreach (ref readonly PackedProduct product in products)
        {
            var weight = (BlockPanels)product.Weight;
            bytes += weight.Bytes;
            panels += weight.Panels;
        }

        var shared = (BlockPanels)products[0].Weight;
        BlockProductKernels kernels = KernelsOf(shared.DType);
        byte* records = WriteRecords(a, shared, kernels);
        for (int i = 0; i < products.Length; i++)
        {
            Matrices.TryView(products[i].Destination, out MatrixView c);
            var epilogue = new GemmEpilogue { Bias = products[i].Bias is null ? null : biases };
            _parts[i] = new BlockProductJob(kernels, (BlockPanels)products[i].Weight, records, c, epilogue, units: 0);
            biases += products[i].Bias?.Count ?? 0;
        }

        int units = UnitsOf(bytes);
        var job = new BlockProductsJob(_parts, products.Length, panels, units);
        gemm.Pool.Run(ref job, units);
    }

    public void Dispose()
    {
        _int8.Dispose();
        _records?.Dispose();
        _row?.Dispose();
        _widened?.Dispose();
    }

    private void MultiplyCodes(in MatrixView a, BlockPanels b, in MatrixView c, in GemmEpilogue epilogue)
    {
        BlockProductKernels kernels = KernelsOf(b.DType);
        int units = UnitsOf(b.Bytes);
        var job = new BlockProductJob(kernels, b, WriteRecords(a, b, kernels), c, epilogue, units);
        gemm.Pool.Run(ref job, units);
    }

    private BlockProductKernels KernelsOf(DType precision) => gemm.Kernels.BlockProducts(gemm.Kernels.StorageOf(precision));

    private int UnitsOf(long bytes) => (int)Math.Clamp(bytes / UnitBytes, 1, gemm.Pool.Threads == 1 ? 1 : gemm.Pool.Threads * UnitsPerThread);

    /// <summary>Rows of A as kernels read them, group by group.</summary>
    private byte* WriteRecords(in MatrixView a, BlockPanels b, BlockProductKernels kernels)
    {
        var layout = new PanelLayout(b.DType, gemm.Kernels.StorageOf(b.DType), b.Columns);
        int most = kernels.MaxRows;
        nint groupBytes = (nint)b.Blocks * kernels.RecordBytes(most);
        byte* records = AlignedBuffer.Grow(ref _records, (a.Rows + most - 1) / most * (long)groupBytes);
        byte* converted = AlignedBuffer.Grow(ref _row, layout.Steps * (long)sizeof(uint));
        for (int row = 0; row < a.Rows; row++)
        {
            PackedElements.ToStorage(a.At(row, 0), a.DType, a.ColumnStride, b.Columns, converted, layout);
            kernels.WriteRecords(converted, records + (row / most * groupBytes), b.Blocks, Math.Min(most, a.Rows - (row / most * most)), row % most, b.Format);
        }

        return records;
    }

    private void MultiplyWidened(in MatrixView a, BlockPanels b, in MatrixView c, in GemmEpilogue epilogue)
    {
        _widened ??= gemm.CreatePanels(0, 0, b.DType);
        long panelBytes = gemm.LayoutOf(b.DType, b.Columns).PanelBytes;
        int most = (int)Math.Clamp(WidenedBytes / panelBytes, 1, b.Panels);
        int parts = (b.Panels + most - 1) / most;
        for (int part = 0; part < parts; part++)
        {
            int panel = (int)((long)b.Panels * part / parts);
            int panels = (int)((long)b.Panels * (part + 1) / parts) - panel;
            int column = panel * PanelLayout.PanelRows;
            int columns = Math.Min(panels * PanelLayout.PanelRows, b.Rows - column);
            gemm.Reshape(_widened, columns, b.Columns, b.DType);
            var widening = new BlockWidenJob(b, panel, _widened);
            gemm.Pool.Run(ref widening, panels);
            gemm.Multiply(a, _widened, new MatrixView(c.At(0, column), c.DType, c.Rows, columns, c.RowStride), epilogue.Part(0, c.Rows, column, columns));
        }
    }
}
