using Attune.Kernels.Cpu.Elementwise;
using Attune.Kernels.Cpu.FewBits;
using Attune.Kernels.Cpu.Int8;
using Attune.Kernels.Cpu.Scalar;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Cpu.MatMul;

/// <summary>Products of tensors on top of <see cref="Gemm"/>: with packed weights, and with right operands that are packed on the way.</summary>
internal sealed unsafe class MatrixProducts : IDisposable
{
    private readonly Gemm _gemm;
    private readonly BlockProducts _blocks;
    private readonly Int8Products _int8;

    // The right operand of the product under way, one per worker: matrices of a batch are multiplied by different threads.
    private readonly PackedPanels[] _panels;
    private readonly AlignedBuffer?[] _sums;
    private AlignedBuffer? _bias;

    public MatrixProducts(Gemm gemm)
    {
        _gemm = gemm;
        _blocks = new BlockProducts(gemm);
        _int8 = new Int8Products(gemm);
        _panels = new PackedPanels[gemm.Pool.Threads];
        _sums = new AlignedBuffer?[gemm.Pool.Threads];
        for (int i = 0; i < _panels.Length; i++)
        {
            _panels[i] = gemm.CreatePanels(0, 0, DType.F32);
        }
    }

    public PackedMatrix? TryPack(Tensor matrix, DType dtype, PackUse use, PackedMatrix? reuse)
    {
        if (dtype is not (DType.F32 or DType.BF16 or DType.I8) || matrix.Shape.Rank != 2 || !Matrices.TryView(matrix, out MatrixView view))
        {
            return null;
        }

        if (dtype == DType.I8)
        {
            reuse?.Dispose();
            return _int8.Pack(view, use);
        }

        bool reusable = reuse is CpuPackedMatrix old && (old.Rows, old.Columns, old.DType, old.Use) == (view.Rows, view.Columns, dtype, use);
        if (!reusable)
        {
            reuse?.Dispose();
        }

        var packed = reusable ? (CpuPackedMatrix)reuse! : new CpuPackedMatrix(_gemm, view.Rows, view.Columns, dtype, use);
        packed.Pack(view);
        return packed;
    }

    public PackedMatrix? TryPackBlocks(IBlockMatrix matrix, DType dtype, bool roundsRows) => _blocks.TryPack(matrix, dtype, roundsRows);

    public bool TryMultiply(
        Tensor x, PackedMatrix weight, PackUse direction, Tensor destination, Tensor? bias, double alpha, bool accumulate, LowRankTerm? term, Tensor? residual)
    {
        if (!CanMultiply(weight, direction) || !Matrices.TryView(x, out MatrixView a) || !Matrices.TryView(destination, out MatrixView c) || !Matrices.IsResult(destination))
        {
            return false;
        }

        MatrixView? addend = accumulate ? c : null;
        if (residual is not null)
        {
            if (!Matrices.TryView(residual, out MatrixView held) || !Matrices.IsResult(residual))
            {
                return false;
            }

            addend = held;
        }

        if (bias is null && term is null)
        {
            Multiply(a, weight, direction, c, Epilogue(alpha, addend, null));
            return true;
        }

        if (bias is not null && !IsBias(bias, c.Columns))
        {
            return false;
        }

        lock (_gemm.Pool.Runs)
        {
            AddedProduct? added = term is { } product ? TryAdd(product, weight, a.Rows) : null;
            Multiply(a, weight, direction, c, Epilogue(alpha, addend, Load(bias)) with { Added = added });
            if (term is { } rest && added is null)
            {
                Multiply(rest.Left, rest.Right, destination, alpha, accumulate: true);
            }
        }

        return true;
    }

    public bool TryMultiply(Tensor x, ReadOnlySpan<PackedProduct> products)
    {
        if (!Matrices.TryView(x, out MatrixView a) || !BlockProducts.CanMultiplyTogether(a.Rows, products))
        {
            return false;
        }

        foreach (ref readonly PackedProduct product in products)
        {
            if (!Matrices.TryView(product.Destination, out MatrixView c) || !Matrices.IsResult(product.Destination) || (c.Rows, c.Columns) != (a.Rows, product.Weight.Rows)
                || a.Columns != product.Weight.Columns || (product.Bias is { } bias && !IsBias(bias, c.Columns)))
            {
                return false;
            }
        }

        lock (_gemm.Pool.Runs)
        {
            _blocks.MultiplyTogether(a, products, Load(products));
        }

        return true;
    }

    public void Multiply(Tensor left, Tensor right, Tensor destination, double alpha, bool accumulate)
    {
        if (!Matrices.IsOperand(left.DType) || !Matrices.IsOperand(right.DType) || !Matrices.IsResult(destination))
        {
            ScalarOperators.MatMul(left, right, destination, alpha, accumulate);
            return;
        }

        long size = destination.Shape[-1] * destination.Shape[-2];
        var job = new BatchJob(this, left, right, destination, alpha, accumulate);
        int batches = size == 0 ? 0 : checked((int)(destination.Count / size));
        if (batches == 1)
        {
            lock (_gemm.Pool.Runs)
            {
                // Outside of a job, so that the threads share the one product.
                job.Execute(0, Math.Max(0, _gemm.Pool.CurrentWorker));
            }

            return;
        }

        _gemm.Pool.Run(ref job, batches);
    }

    public void Dispose()
    {
        _bias?.Dispose();
        foreach (AlignedBuffer? sums in _sums)
        {
            sums?.Dispose();
        }

        foreach (PackedPanels panels in _panels)
        {
            panels.Dispose();
        }

        _blocks.Dispose();
        _int8.Dispose();
        _gemm.Dispose();
    }

    /// <summary>A low-rank term that the product with a weight takes with it; null where it is a product of its own.</summary>
    private AddedProduct? TryAdd(in LowRankTerm term, PackedMatrix weight, int rows)
    {
        DType precision = term.Left.DType == DType.BF16 || term.Right.DType == DType.BF16 ? DType.BF16 : DType.F32;
        bool adds = weight switch
        {
            Int8Panels => _int8.Adds(precision),
            BlockPanels blocks => _blocks.Adds(precision, blocks, rows),
            _ => precision == weight.DType,
        };
        if (!adds || !Matrices.TryView(term.Left, out MatrixView left) || !Matrices.TryView(term.Right, out MatrixView right)
            || _gemm.LayoutOf(precision, left.Columns).Steps > AddedProduct.MostSteps)
        {
            return null;
        }

        PackedPanels panels = _panels[Math.Max(0, _gemm.Pool.CurrentWorker)];
        _gemm.Reshape(panels, right.Columns, right.Rows, precision);
        _gemm.Pack(right.Transposed, panels);
        return new AddedProduct(left, panels);
    }

    private static bool IsBias(Tensor bias, int columns) => Matrices.IsOperand(bias.DType) && bias.Count == columns && bias.IsContiguous;

    /// <summary>The biases of several products in single precision, one after the other; null where none has one.</summary>
    private float* Load(ReadOnlySpan<PackedProduct> products)
    {
        long count = 0;
        foreach (ref readonly PackedProduct product in products)
        {
            count += product.Bias?.Count ?? 0;
        }

        if (count == 0)
        {
            return null;
        }

        var values = (float*)AlignedBuffer.Grow(ref _bias, count * sizeof(float));
        float* next = values;
        foreach (ref readonly PackedProduct product in products)
        {
            if (product.Bias is { } bias)
            {
                Blocks.Load<V128>(bias.DType, CpuStorage.Start(bias), 1, (int)bias.Count, next);
                next += bias.Count;
            }
        }

        return values;
    }

    /// <summary>A bias in single precision.</summary>
    private float* Load(Tensor? bias)
    {
        if (bias is null)
        {
            return null;
        }

        var values = (float*)AlignedBuffer.Grow(ref _bias, bias.Count * sizeof(float));
        Blocks.Load<V128>(bias.DType, CpuStorage.Start(bias), 1, (int)bias.Count, values);
        return values;
    }

    private static bool CanMultiply(PackedMatrix weight, PackUse direction) => weight switch
    {
        CpuPackedMatrix or Int8Panels => (weight.Use & direction) != 0,
        BlockPanels => direction == PackUse.Forward,
        _ => false,
    };

    private void Multiply(in MatrixView a, PackedMatrix weight, PackUse direction, in MatrixView c, in GemmEpilogue epilogue)
    {
        if (weight is BlockPanels blocks)
        {
            _blocks.Multiply(a, blocks, c, epilogue);
            return;
        }

        if (weight is Int8Panels codes)
        {
            _int8.Multiply(a, codes, direction, c, epilogue);
            return;
        }

        _gemm.Multiply(a, ((CpuPackedMatrix)weight).OperandOf(direction), c, epilogue);
    }

    private static GemmEpilogue Epilogue(double alpha, MatrixView? addend, float* bias) => new() { Alpha = (float)alpha, Bias = bias, Addend = addend };

    /// <summary>One product of a batch per index.</summary>
    private readonly struct BatchJob(MatrixProducts products, Tensor left, Tensor right, Tensor destination, double alpha, bool accumulate) : IJob
    {
        public void Execute(int index, int worker)
        {
            MatrixView a = Matrices.View(left, index);
            MatrixView b = Matrices.View(right, index);
            MatrixView c = Matrices.View(destination, index);
            if (NarrowProduct.TryRun(products._gemm, products._panels[worker], ref products._sums[worker], a, b, c, (float)alpha, accumulate))
            {
                return;
            }

            DType precision = left.DType == DType.BF16 || right.DType == DType.BF16 ? DType.BF16 : DType.F32;
            MatrixView weight = b.Transposed;
            PackedPanels panels = products._panels[worker];
            products._gemm.Reshape(panels, weight.Rows, weight.Columns, precision);
            products._gemm.Pack(weight, panels);
            products._gemm.Multiply(a, panels, c, Epilogue(alpha, accumulate ? c : null, null));
        }
    }
}
