using Attune.Kernels.Cpu;
using Attune.Kernels.Jit;
using Attune.Kernels.Tests.Emulation;
using Attune.Tensors;

namespace Attune.Kernels.Tests.Jit;

/// <summary>What the kernels of products fetch: to fetch too little or the wrong memory changes no result, so it is looked at here.</summary>
public sealed unsafe class GemmFetchTests
{
    private const int Line = 64;
    private const int Registers = 32;
    private const int LineSteps = 16;
    private const int PieceSteps = 8;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_kernel_fetches_what_its_arguments_say(int panels)
    {
        foreach (GemmFetch fetch in Enum.GetValues<GemmFetch>())
        {
            int rows = GemmEmitter.RowsThatFit(panels, panelVectors: 1, Registers);
            var problem = new GemmProblem(DType.BF16, rows, panels, Steps: 39, Tiles: 3, GemmKernelFlags.None) { Fetch = fetch };
            using var operands = new GemmOperands(problem);
            using AlignedBuffer result = operands.CreateResult();
            GemmArguments before = operands.ArgumentsFor(result);
            GemmArguments arguments = before;
            var trace = new AccessTrace();
            MachineCode code = MachineCode.Emitted(code => GemmEmitter.Emit(code, new Avx512VectorEmitter(code, DType.BF16, convertsBF16: true), rows, panels, problem.Flags, fetch));
            new Processor(memory: null) { Trace = trace }.Run(code, &arguments);
            ulong[] expected = [.. Expected(problem, before).Order()];
            Assert.Equal(expected, trace.Fetches.Select(static each => each.Address).Order());
        }
    }

    [Theory]
    [InlineData(5, 1)]
    [InlineData(17, 2)]
    [InlineData(32, 2)]
    public void A_kernel_on_tiles_fetches_what_its_arguments_say(int rows, int panels)
    {
        var problem = new GemmProblem(DType.BF16, rows, panels, Steps: 3 * TileKernelEmitter.TileSteps, Tiles: 1, GemmKernelFlags.None);
        using var operands = new GemmOperands(problem);
        using AlignedBuffer result = operands.CreateResult();
        GemmArguments before = operands.ArgumentsFor(result);
        foreach (GemmFetch fetch in Enum.GetValues<GemmFetch>())
        {
            var trace = new AccessTrace();
            GemmArguments arguments = before;
            new TileKernels(new EmulatedProcessor(allowed: null, trace)).Invoke(&arguments, rows, panels, problem.Flags, fetch);
            ulong[] expected = fetch == GemmFetch.Panels ? [.. LinesOfPanels(problem, before).Order()] : [];
            Assert.Equal(expected, trace.Fetches.Select(static each => each.Address).Order());
        }
    }

    private static IEnumerable<ulong> Expected(GemmProblem problem, GemmArguments arguments)
    {
        if (problem.Fetch == GemmFetch.Nothing)
        {
            return [];
        }

        // Tiles whose sums fill half of the registers fetch the rows of the next one, each line once, in time for the last turn of the loop.
        int turn = problem.Fetch == GemmFetch.Pieces ? PieceSteps : 4;
        bool fetchesRows = 2 * problem.Rows * problem.Panels > Registers;
        int[] lineSteps = [.. Enumerable.Range(0, problem.Steps / turn).Select(i => i * turn).Where(step => ((problem.Steps - turn - step) & (LineSteps - turn)) == 0)];
        var expected = new List<ulong>();
        for (int tile = 0; tile < problem.Tiles; tile++)
        {
            for (int row = tile * problem.Rows; row < (tile + 1) * problem.Rows; row++)
            {
                expected.AddRange(Enumerable.Range(0, problem.Panels).Select(line => (ulong)(arguments.C + (row * arguments.CStride) + (line * Line))));
                byte* next = arguments.A + ((row + problem.Rows) * arguments.AStride);
                expected.AddRange(lineSteps.Where(_ => fetchesRows).Select(step => (ulong)(next + (step * sizeof(uint)))));
            }

            if (problem.Fetch == GemmFetch.Panels)
            {
                expected.AddRange(LinesOfPanels(problem, arguments));
            }
            else if (problem.Fetch == GemmFetch.Pieces)
            {
                byte* first = arguments.PrefetchFrom + (tile * problem.Panels * Line);
                expected.AddRange(
                    from piece in Enumerable.Range(0, problem.Steps / PieceSteps)
                    from panel in Enumerable.Range(0, problem.Panels)
                    select (ulong)(first + (piece * arguments.PrefetchDistance) + (panel * Line)));
            }
        }

        return expected;
    }

    private static IEnumerable<ulong> LinesOfPanels(GemmProblem problem, GemmArguments arguments) =>
        from panel in Enumerable.Range(0, problem.Panels)
        from step in Enumerable.Range(0, problem.Steps)
        select (ulong)(arguments.B + (panel * arguments.PanelStride) + (step * Line) + arguments.PrefetchDistance);
}
