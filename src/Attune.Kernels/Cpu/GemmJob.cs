using Attune.Kernels.Jit;

namespace Attune.Kernels.Cpu;

/// <summary>The blocks of one product as work for the threads.</summary>
internal unsafe struct GemmJob : IJob
{
    /// <summary>Largest group of panels that is fetched while the one before it is multiplied: a part of a second-level cache.</summary>
    private const long PrefetchGroupBytes = 256 << 10;

    /// <summary>How far ahead the panels of larger groups are fetched.</summary>
    private const int PrefetchBytes = 4096;

    private readonly GemmKernels _kernels;
    private readonly RightOperand _b;
    private readonly PanelLayout _layout;
    private readonly AlignedBuffer?[] _turnedPanels;
    private readonly GemmPlan _plan;
    private readonly MatrixView _c;
    private readonly MatrixView _addend;
    private readonly AddedProduct? _added;
    private readonly float* _bias;
    private readonly float _alpha;
    private readonly byte* _a;
    private readonly nint _aStride;
    private readonly GemmKernelFlags _flags;
    private readonly int _firstStep;
    private readonly int _steps;

    /// <summary>Makes the job.</summary>
    /// <param name="kernels">The kernels in use.</param>
    /// <param name="plan">How the product is cut.</param>
    /// <param name="a">Rows of A in the storage type of <paramref name="b"/>, from the first step on.</param>
    /// <param name="aStride">Bytes from a row of A to the next.</param>
    /// <param name="b">The packed operand.</param>
    /// <param name="turnedPanels">A buffer per worker for panels that are turned.</param>
    /// <param name="firstStep">First step along K of <paramref name="b"/>.</param>
    /// <param name="steps">Steps along K.</param>
    /// <param name="c">The result.</param>
    /// <param name="epilogue">What becomes of the product.</param>
    public GemmJob(
        GemmKernels kernels, in GemmPlan plan, byte* a, nint aStride, in RightOperand b, AlignedBuffer?[] turnedPanels, int firstStep, int steps, in MatrixView c,
        in GemmEpilogue epilogue)
    {
        _kernels = kernels;
        _plan = plan;
        _a = a;
        _aStride = aStride;
        _b = b;
        _layout = b.Layout;
        _turnedPanels = turnedPanels;
        _firstStep = firstStep;
        _steps = steps;
        _c = c;
        _addend = epilogue.Addend ?? default;
        _added = epilogue.Added;
        _bias = epilogue.Bias;
        _alpha = epilogue.Alpha;
        _flags = epilogue.Flags(c.DType);
    }

    public readonly void Execute(int index, int worker)
    {
        int rowBlock = index / _plan.ColumnBlocks;
        int columnBlock = index % _plan.ColumnBlocks;
        int firstRow = _plan.RowStart(rowBlock);
        int rows = _plan.RowStart(rowBlock + 1) - firstRow;

        (int upperRows, int upperTiles, int lowerRows, int lowerTiles) = _plan.CutRows(rows);
        int lastGroup = _plan.GroupStart(columnBlock + 1);
        for (int group = _plan.GroupStart(columnBlock); group < lastGroup; group++)
        {
            int panel = group * _plan.TilePanels;
            Panels panels = PanelsFrom(panel, worker);
            Multiply(panel, panels, firstRow, upperRows, upperTiles, 0);
            Multiply(panel, panels, firstRow + (upperTiles * upperRows), lowerRows, lowerTiles - 1, 0);

            // B comes from memory: while the last tile of a group is computed, the next group is fetched.
            Multiply(panel, panels, firstRow + rows - lowerRows, lowerRows, 1, _b.IsTurned ? 0 : GemmKernelFlags.Prefetch);
        }
    }

    /// <summary>The panels of a group, where they lie or turned into the worker's buffer.</summary>
    private readonly Panels PanelsFrom(int panel, int worker)
    {
        if (!_b.IsTurned)
        {
            return new Panels(_b.Panels.Panel(panel) + ((nint)_firstStep * PanelLayout.StepBytes), _layout.PanelBytes);
        }

        int count = Math.Min(_plan.TilePanels, _plan.Panels - panel);
        nint stride = PanelTurner.PanelBytes(_layout.Storage, _steps);
        byte* target = AlignedBuffer.Grow(ref _turnedPanels[worker], _plan.TilePanels * stride);
        PanelTurner.Turn(_b.Panels, panel, count, _firstStep, _steps, target);
        return new Panels(target, stride);
    }

    private readonly void Multiply(int panel, Panels operand, int row, int height, int tiles, GemmKernelFlags prefetch)
    {
        if (tiles == 0)
        {
            return;
        }

        int panels = Math.Min(_plan.TilePanels, _plan.Panels - panel);
        int column = panel * PanelLayout.PanelRows;
        int lastColumns = _c.Columns - ((panel + panels - 1) * PanelLayout.PanelRows);
        bool masked = lastColumns < PanelLayout.PanelRows;
        var arguments = new GemmArguments
        {
            A = _a + (row * _aStride),
            AStride = _aStride,
            B = operand.Start,
            PanelStride = operand.Stride,
            Steps = _steps,
            C = _c.At(row, column),
            CStride = _c.RowBytes,
            Bias = _bias + column,
            Tiles = tiles,
            PrefetchDistance = PrefetchDistance(panels),
            Alpha = _alpha,
            ColumnMask = masked ? (1u << lastColumns) - 1 : 0,
        };
        if ((_flags & (GemmKernelFlags.AddF32 | GemmKernelFlags.AddBF16)) != 0)
        {
            arguments.Addend = _addend.At(row, column);
            arguments.AddendStride = _addend.RowBytes;
        }

        if (_added is { } added)
        {
            arguments.AddedA = added.A.At(row, 0);
            arguments.AddedAStride = added.A.RowBytes;
            arguments.AddedB = added.B.Panel(added.FirstPanel + panel);
            arguments.AddedPanelStride = added.B.Layout.PanelBytes;
            arguments.AddedSteps = added.B.Layout.Steps;
        }

        GemmKernelFlags flags = _flags | prefetch | (masked ? GemmKernelFlags.Masked : 0);
        _kernels.Run(&arguments, _layout.Storage, height, panels, flags, _plan.UsesTiles);
    }

    private readonly nint PrefetchDistance(int panels) =>
        panels * (nint)_steps * PanelLayout.StepBytes <= PrefetchGroupBytes ? panels * _layout.PanelBytes : PrefetchBytes;
}
