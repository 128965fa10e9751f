using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Cpu;

/// <summary>Matrix products with a packed right operand.</summary>
/// <remarks>
/// Every element of a result is summed by one thread in the order of K, in blocks of fixed size: its bits depend on its row of A, its column of B and the tier, not on the number
/// of threads, on the other rows, or on how the work is cut. Thus a row computed alone equals the same row of a batch.
/// Numerics: fp32 operands are multiplied and summed in fp32 with one rounding per multiply-add. Products of bf16 are exact, their sums fp32; VDPBF16PS
/// and TDPBF16PS take subnormal numbers for 0. A left operand of another type is converted to the precision of the right one (nearest, ties to even).
/// </remarks>
public sealed unsafe class Gemm : IDisposable
{
    /// <summary>Bytes of converted rows of A that are kept at a time: a part of a third-level cache.</summary>
    private const long PackedRowsBytes = 4 << 20;

    /// <summary>A stride that is a multiple of this puts the rows of a tile into few sets of the first-level cache.</summary>
    private const int CrowdedStride = 2048;

    /// <summary>Rows and panels from which copying crowded rows pays.</summary>
    private const int CrowdedRows = 9;

    private const int CrowdedPanels = 16;

    /// <summary>
    /// Steps along K from which a product with an fp32 result is made in blocks of <see cref="DepthBlockSteps"/>, each added to the result: the panels of a group and
    /// the rows of A, of the whole of K, would fit no cache (the gradient through an output layer of 49,152 words).
    /// </summary>
    private const int LongSteps = 8192;

    private const int DepthBlockSteps = 1024;

    // One buffer per worker: a product asked for inside a job uses that of its own thread.
    private readonly AlignedBuffer?[] _packedRows;
    private readonly AlignedBuffer?[] _addedRows;
    private readonly AlignedBuffer?[] _turnedPanels;

    /// <summary>Makes an engine.</summary>
    /// <param name="pool">The threads; owned by the caller.</param>
    /// <param name="tier">Instructions to use; default <see cref="TierDetection.Default"/>.</param>
    /// <exception cref="ArgumentException">This machine cannot run the tier.</exception>
    public Gemm(WorkerPool pool, CpuTier? tier = null)
        : this(pool, GemmKernels.For(tier ?? TierDetection.Default))
    {
    }

    internal Gemm(WorkerPool pool, GemmKernels kernels)
    {
        Pool = pool;
        Kernels = kernels;
        NarrowKernels = new NarrowProductKernels(kernels.Tier);
        if (kernels.Tiles is not null)
        {
            pool.KeepCallersOut();
        }

        _packedRows = new AlignedBuffer?[pool.Threads];
        _addedRows = new AlignedBuffer?[pool.Threads];
        _turnedPanels = new AlignedBuffer?[pool.Threads];
    }

    /// <summary>The threads.</summary>
    public WorkerPool Pool { get; }

    /// <summary>The kernels of the tier in use.</summary>
    public GemmKernels Kernels { get; }

    /// <summary>The kernels for products of tall matrices.</summary>
    internal NarrowProductKernels NarrowKernels { get; }

    /// <summary>Describes panels for operands of a precision.</summary>
    /// <param name="precision">F32 or BF16.</param>
    /// <param name="depth">K.</param>
    public PanelLayout LayoutOf(DType precision, int depth)
    {
        DType storage = Kernels.StorageOf(precision);
        return new PanelLayout(precision, storage, depth, Kernels.UsesTiles(storage));
    }

    /// <summary>Makes an empty packed weight [N, K]; its content is undefined.</summary>
    /// <param name="rows">N.</param>
    /// <param name="columns">K.</param>
    /// <param name="precision">F32 or BF16: the precision of products.</param>
    public PackedPanels CreatePanels(int rows, int columns, DType precision) => new(rows, LayoutOf(precision, columns));

    /// <summary>Makes panels, whose content is lost, serve a weight of another size or precision without new memory where the old is large enough.</summary>
    internal void Reshape(PackedPanels panels, int rows, int columns, DType precision) =>
        panels.Reshape(rows, LayoutOf(precision, columns));

    /// <summary>Packs a weight W [N, K] for products x W^T; pass a transposed view of a matrix [K, N] for products x W.</summary>
    public PackedPanels Pack(in MatrixView weight, DType precision)
    {
        PackedPanels target = CreatePanels(weight.Rows, weight.Columns, precision);
        Pack(weight, target);
        return target;
    }

    /// <summary>Packs a weight into panels that exist already.</summary>
    /// <exception cref="TensorException">The sizes differ.</exception>
    public void Pack(in MatrixView weight, PackedPanels target)
    {
        RequireSize("packing", weight, target);
        var job = new PackJob(weight, target);
        Pool.Run(ref job, job.Indices);
    }

    /// <summary>Writes a packed weight back to a matrix [N, K] of any element type.</summary>
    /// <exception cref="TensorException">The sizes differ.</exception>
    public void Unpack(PackedPanels source, in MatrixView weight)
    {
        RequireSize("unpacking", weight, source);
        var job = new UnpackJob(source, weight);
        Pool.Run(ref job, source.Panels);
    }

    /// <summary>C = alpha A B + bias + addend for A [M, K], packed B (a weight [N, K], used as its transpose) and C [M, N].</summary>
    /// <param name="a">F32, BF16 or F16 with any strides; read in place when it has the storage type of B, rows side by side and whole pairs.</param>
    /// <param name="b">The packed operand.</param>
    /// <param name="c">F32 or BF16 with columns side by side; must not overlap A.</param>
    /// <param name="epilogue">What becomes of the product.</param>
    /// <exception cref="TensorException">Sizes do not fit, or C or the addend have a layout or type that cannot be written.</exception>
    public void Multiply(in MatrixView a, PackedPanels b, in MatrixView c, in GemmEpilogue epilogue = default) =>
        Multiply(a, new RightOperand(b, IsTurned: false), c, epilogue);

    /// <summary>The same with a right operand that may be turned; then B is a weight W [N, K] itself: the same bits as with W^T packed, at a few percent more time.</summary>
    internal void Multiply(in MatrixView a, in RightOperand b, in MatrixView c, in GemmEpilogue epilogue)
    {
        Validate(a, b, c, epilogue);
        if (c.Rows == 0 || c.Columns == 0)
        {
            return;
        }

        int worker = Pool.CurrentWorker;
        if (worker >= 0)
        {
            Multiply(a, b, c, epilogue, worker, threads: 1);
            return;
        }

        lock (Pool.Runs)
        {
            Multiply(a, b, c, epilogue, worker: 0, Pool.Threads);
        }
    }

    /// <summary>Frees the memory for converted operands.</summary>
    public void Dispose()
    {
        foreach (AlignedBuffer? buffer in _packedRows.Concat(_addedRows).Concat(_turnedPanels))
        {
            buffer?.Dispose();
        }
    }

    private static void RequireSize(string operation, in MatrixView weight, PackedPanels panels)
    {
        if (weight.Rows != panels.Rows || weight.Columns != panels.Columns)
        {
            throw new TensorException($"{operation}: the matrix is {weight}, the packed weight [{panels.Rows}, {panels.Columns}]");
        }
    }

    private static void Validate(in MatrixView a, in RightOperand b, in MatrixView c, in GemmEpilogue epilogue)
    {
        if (a.Columns != b.Depth || c.Rows != a.Rows || c.Columns != b.Columns)
        {
            throw new TensorException($"matrix product: {a} by {b} does not give {c}");
        }

        RequireWritable("the result", c);
        if (epilogue.Addend is { } addend)
        {
            RequireWritable("the addend", addend);
            if (addend.Rows != c.Rows || addend.Columns != c.Columns)
            {
                throw new TensorException($"matrix product: the addend is {addend}, the result {c}");
            }
        }

        if (epilogue.Added is { } added
            && (added.A.Rows != c.Rows || added.A.Columns != added.B.Columns || added.B.Rows != c.Columns || added.B.Layout.Storage != b.Layout.Storage))
        {
            throw new TensorException($"matrix product: {added.A} by packed [{added.B.Rows}, {added.B.Columns}] transposed cannot be added to {c}");
        }
    }

    private static void RequireWritable(string what, in MatrixView matrix)
    {
        if (matrix.DType == DType.F16 || (matrix.ColumnStride != 1 && matrix.Columns > 1))
        {
            throw new TensorException($"matrix product: {what} must be F32 or BF16 with columns side by side, found {matrix}");
        }
    }

    private void Multiply(in MatrixView a, in RightOperand b, in MatrixView c, in GemmEpilogue epilogue, int worker, int threads)
    {
        GemmEpilogue readable = WithReadableRows(epilogue, worker);
        int steps = b.Layout.Steps;
        if (steps <= LongSteps || c.DType != DType.F32)
        {
            MultiplySteps(a, b, 0, steps, c, readable, worker, threads);
            return;
        }

        for (int first = 0; first < steps; first += DepthBlockSteps)
        {
            GemmEpilogue added = first == 0 ? readable : new GemmEpilogue { Alpha = epilogue.Alpha, Addend = c };
            MultiplySteps(a, b, first, Math.Min(DepthBlockSteps, steps - first), c, added, worker, threads);
        }
    }

    /// <summary>The product over a range of steps along K.</summary>
    private void MultiplySteps(in MatrixView a, in RightOperand b, int firstStep, int steps, in MatrixView c, in GemmEpilogue epilogue, int worker, int threads)
    {
        if (!MustPackRows(a, b))
        {
            var plan = new GemmPlan(Kernels, a.Rows, b.Count, steps, b.Layout.Storage, threads);
            var job = new GemmJob(Kernels, plan, a.Data + ((nint)firstStep * sizeof(uint)), a.RowBytes, b, _turnedPanels, firstStep, steps, c, epilogue);
            Pool.Run(ref job, plan.Units);
            return;
        }

        int column = firstStep * b.Layout.StepElements;
        int columns = Math.Min(steps * b.Layout.StepElements, a.Columns - column);
        var source = new MatrixView(a.At(0, column), a.DType, a.Rows, columns, a.RowStride, a.ColumnStride);
        var layout = new PanelLayout(b.Layout.Precision, b.Layout.Storage, columns, b.Layout.ForTiles);

        // An odd number of cache lines spreads the rows of a tile over all sets of the cache.
        nint stride = ((steps * (nint)sizeof(uint)) + 63) & ~63 | 64;
        int chunk = (int)Math.Clamp(PackedRowsBytes / stride / PanelLayout.PanelRows * PanelLayout.PanelRows, 16 * PanelLayout.PanelRows, int.MaxValue);
        byte* rows = AlignedBuffer.Grow(ref _packedRows[worker], Math.Min(chunk, a.Rows) * (long)stride);
        for (int first = 0; first < a.Rows; first += chunk)
        {
            int count = Math.Min(chunk, a.Rows - first);
            var packing = new PackRowsJob(source, first, count, layout, rows, stride);
            Pool.Run(ref packing, packing.Indices);
            var plan = new GemmPlan(Kernels, count, b.Count, steps, b.Layout.Storage, threads);
            var part = new MatrixView(c.At(first, 0), c.DType, count, c.Columns, c.RowStride);
            var job = new GemmJob(Kernels, plan, rows, stride, b, _turnedPanels, firstStep, steps, part, epilogue.Part(first, count, 0, c.Columns));
            Pool.Run(ref job, plan.Units);
        }
    }

    /// <summary>The epilogue with an added product whose rows kernels can read.</summary>
    internal GemmEpilogue WithReadableRows(in GemmEpilogue epilogue, int worker)
    {
        if (epilogue.Added is not { } added || IsReadable(added.A, added.B.Layout))
        {
            return epilogue;
        }

        PanelLayout layout = added.B.Layout;
        int rowBytes = layout.Steps * sizeof(uint);
        byte* rows = AlignedBuffer.Grow(ref _addedRows[worker], added.A.Rows * (long)rowBytes);
        var packing = new PackRowsJob(added.A, 0, added.A.Rows, layout, rows, rowBytes);
        Pool.Run(ref packing, packing.Indices);
        var readable = new MatrixView(rows, layout.Storage, added.A.Rows, layout.StoredDepth, layout.StoredDepth);
        return epilogue with { Added = added with { A = readable } };
    }

    /// <summary>Whether kernels cannot read A where it lies, or would read it slowly.</summary>
    private static bool MustPackRows(in MatrixView a, in RightOperand b)
    {
        bool crowded = a.RowBytes % CrowdedStride == 0 && a.Rows >= CrowdedRows && b.Count >= CrowdedPanels && a.RowStride != 0;
        return !IsReadable(a, b.Layout) || crowded;
    }

    private static bool IsReadable(in MatrixView a, PanelLayout layout) =>
        a.ColumnStride == 1 && a.DType == layout.Storage && layout.Precision == layout.Storage && layout.Depth == layout.StoredDepth;
}
