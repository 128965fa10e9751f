using Attune.Kernels.Cpu;
using Attune.Kernels.Jit;
using Attune.Kernels.Tests.Emulation;
using Attune.Tensors;

namespace Attune.Kernels.Tests.Jit;

/// <summary>Memory for a <see cref="GemmProblem"/>: every operand in a place of its own, whose every byte is known.</summary>
internal sealed unsafe class GemmOperands : IDisposable
{
    private const int PanelGap = 64;

    private readonly GemmProblem _problem;
    private readonly AlignedBuffer _a;
    private readonly AlignedBuffer _b;
    private readonly AlignedBuffer _addedA;
    private readonly AlignedBuffer _addedB;
    private readonly AlignedBuffer _addend;
    private readonly AlignedBuffer _bias;

    public GemmOperands(GemmProblem problem)
    {
        _problem = problem;
        _a = Numbers(problem.Storage, (problem.Height * (long)AStride) + ABytes, 1);
        _b = Numbers(problem.Storage, problem.Panels * (long)PanelStride, 2);
        _addedA = Numbers(problem.Storage, problem.Height * (long)AddedAStride, 1);
        _addedB = Numbers(problem.Storage, problem.Panels * (long)AddedPanelBytes, 2);
        _addend = Numbers(problem.AddendType, problem.Height * (long)AddendStride, 4);
        _bias = Numbers(DType.F32, problem.Width * sizeof(float), 5);
    }

    private int ABytes => _problem.Steps * sizeof(uint);

    private int AStride => _problem.RepeatsRow ? 0 : ABytes + _problem.Gap;

    private int PanelBytes => _problem.Steps * PanelLayout.StepBytes;

    private int PanelStride => PanelBytes + PanelGap;

    private int AddedABytes => _problem.AddedSteps * sizeof(uint);

    private int AddedAStride => AddedABytes + _problem.Gap;

    private int AddedPanelBytes => _problem.AddedSteps * PanelLayout.StepBytes;

    private int CStride => (_problem.Width * _problem.ResultType.SizeInBytes) + _problem.Gap;

    private int AddendStride => _problem.Accumulates ? CStride : (_problem.Width * _problem.AddendType.SizeInBytes) + _problem.Gap;

    /// <summary>Memory for a result, the same each time.</summary>
    public AlignedBuffer CreateResult() => Numbers(_problem.ResultType, _problem.Height * (long)CStride, 3);

    /// <summary>The argument of a kernel.</summary>
    public GemmArguments ArgumentsFor(AlignedBuffer result) => new()
    {
        A = _a.Pointer,
        AStride = AStride,
        B = _b.Pointer,
        PanelStride = PanelStride,
        Steps = _problem.Steps,
        AddedA = _addedA.Pointer,
        AddedAStride = AddedAStride,
        AddedB = _addedB.Pointer,
        AddedPanelStride = AddedPanelBytes,
        AddedSteps = _problem.AddedSteps,
        C = result.Pointer,
        CStride = CStride,
        Bias = (float*)_bias.Pointer,
        Addend = _problem.Accumulates ? result.Pointer : _addend.Pointer,
        AddendStride = AddendStride,
        Tiles = _problem.Tiles,
        Alpha = -0.75f,
        PrefetchDistance = 1 << 20,
        PrefetchFrom = _b.Pointer,
        ColumnMask = (1u << _problem.LastColumns) - 1,
    };

    /// <summary>Allows what a kernel has to touch and nothing else.</summary>
    public void Allow(MemoryMap map, AlignedBuffer result)
    {
        int columns = _problem.Width - PanelLayout.PanelRows + _problem.LastColumns;
        Allow(map, "A", _a, _problem.Height, AStride, ABytes, writable: false);
        Allow(map, "B", _b, _problem.Panels, PanelStride, PanelBytes, writable: false);
        Allow(map, "added A", _addedA, _problem.Height, AddedAStride, AddedABytes, writable: false);
        Allow(map, "added B", _addedB, _problem.Panels, AddedPanelBytes, AddedPanelBytes, writable: false);
        Allow(map, "C", result, _problem.Height, CStride, columns * _problem.ResultType.SizeInBytes, writable: true);
        if ((_problem.Flags & (GemmKernelFlags.AddF32 | GemmKernelFlags.AddBF16)) != 0 && !_problem.Accumulates)
        {
            Allow(map, "addend", _addend, _problem.Height, AddendStride, columns * _problem.AddendType.SizeInBytes, writable: false);
        }

        if (_problem.Flags.HasFlag(GemmKernelFlags.Bias))
        {
            map.Allow("bias", _bias.Pointer, columns * sizeof(float), writable: false);
        }
    }

    /// <summary>Compares a kernel's result with that of the C# reference, whose sums are exact.</summary>
    /// <param name="actual">The result.</param>
    /// <param name="behind">The kernel's argument after it.</param>
    public void AssertEqualsReference(AlignedBuffer actual, in GemmArguments behind)
    {
        using AlignedBuffer expected = CreateResult();
        GemmArguments arguments = ArgumentsFor(expected);
        GemmReference.Run(&arguments, _problem.Storage, _problem.Rows, _problem.Panels, _problem.Flags);
        Assert.Equal(0, behind.Tiles);
        Assert.Equal(_problem.Height * (nint)CStride, (nint)behind.C - (nint)actual.Pointer);
        AssertEqual(expected, actual);
    }

    /// <summary>Compares two results by bits, the gaps between their rows included.</summary>
    public void AssertEqual(AlignedBuffer expected, AlignedBuffer actual) => Assert.True(
        new Span<byte>(expected.Pointer, (int)expected.Bytes).SequenceEqual(new Span<byte>(actual.Pointer, (int)actual.Bytes)), $"{_problem}: other bits than expected");

    public void Dispose()
    {
        foreach (AlignedBuffer buffer in (AlignedBuffer[])[_a, _b, _addedA, _addedB, _addend, _bias])
        {
            buffer.Dispose();
        }
    }

    /// <summary>Allows the bytes of rows, without the gaps between them; the last row may lack its last byte.</summary>
    private void Allow(MemoryMap map, string name, AlignedBuffer start, int rows, nint stride, int bytes, bool writable)
    {
        int whole = stride == 0 ? 0 : rows - 1;
        map.AllowRows(name, start.Pointer, whole, stride, bytes, writable);
        map.Allow($"the last row of {name}", start.Pointer + (whole * stride), bytes - (_problem.Shortened == name ? 1 : 0), writable);
    }

    private AlignedBuffer Numbers(DType type, long bytes, int seed)
    {
        var buffer = AlignedBuffer.Zeroed(bytes);
        var random = new Random(seed);
        for (long i = 0; i < bytes / type.SizeInBytes; i++)
        {
            PackedElements.Write(buffer.Pointer, type, i, _problem.IsRounded ? (random.NextSingle() * 2) - 1 : random.Next(-8, 9) / 8f);
        }

        return buffer;
    }
}
