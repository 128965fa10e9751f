using Attune.Kernels.Jit;
using Attune.Tensors;

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

        RowCut cut = _plan.CutRows(rows);
        int lastGroup = _plan.GroupStart(columnBlock + 1);
        for (int group = _plan.GroupStart(columnBlock); group < lastGroup; group++)
        {
            int panel = group * _plan.TilePanels;
            MultiplyRows(panel, PanelsFrom(panel, worker), firstRow, cut);
        }
    }

    /// <summary>A block of rows with a group of panels. B comes from memory: while the last tiles are computed, the next group is fetched, of pieces one line with each tile.</summary>
    private readonly void MultiplyRows(int panel, Panels panels, int row, RowCut cut)
    {
        GemmFetch fetch = FetchBehind(panel);
        int firstFetching = cut.Tiles - (fetch == GemmFetch.Pieces ? PanelLayout.PieceSteps(_layout.StepElements) : 1);
        for (int tile = 0, tiles; tile < cut.Tiles; tile += tiles)
        {
            (int height, tiles) = cut.RunFrom(tile, firstFetching);
            Multiply(panel, panels, row, height, tiles, tile >= firstFetching ? fetch : GemmFetch.Rows, tile - firstFetching);
            row += tiles * height;
        }
    }

    /// <summary>How the group behind that of <paramref name="panel"/> is fetched: whole, or the parts of the weight's panels that it is turned from.</summary>
    private readonly GemmFetch FetchBehind(int panel)
    {
        if (!_b.IsTurned)
        {
            return GemmFetch.Panels;
        }

        bool isOfPieces = _layout.Storage == DType.BF16 && !_plan.UsesTiles && panel + _plan.TilePanels < _plan.Panels;
        return isOfPieces ? GemmFetch.Pieces : GemmFetch.Rows;
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

    private readonly void Multiply(int panel, Panels operand, int row, int height, int tiles, GemmFetch fetch, int tilesFetched)
    {
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
        if (fetch == GemmFetch.Pieces)
        {
            arguments.PrefetchDistance = _b.Panels.Layout.PanelBytes;
            arguments.PrefetchFrom = PanelTurner.Parts(_b.Panels, panel + panels, _firstStep) + ((nint)tilesFetched * panels * PanelLayout.StepBytes);
        }

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

        GemmKernelFlags flags = _flags | (masked ? GemmKernelFlags.Masked : 0);
        _kernels.Run(&arguments, _layout.Storage, height, panels, flags, fetch, _plan.UsesTiles);
    }

    private readonly nint PrefetchDistance(int panels) =>
        panels * (nint)_steps * PanelLayout.StepBytes <= PrefetchGroupBytes ? panels * _layout.PanelBytes : PrefetchBytes;
}
