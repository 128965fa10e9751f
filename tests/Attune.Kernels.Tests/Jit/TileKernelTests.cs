using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu;
using Attune.Kernels.Jit;
using Attune.Kernels.Tests.Emulation;
using Attune.Tensors;

namespace Attune.Kernels.Tests.Jit;

/// <summary>The machine code of the tile kernels on an emulated processor, which knows every byte that they may touch.</summary>
public sealed unsafe class TileKernelTests
{
    private const int Tile = TileKernelEmitter.TileSteps;
    private static readonly int[] RowCounts = [1, 2, 15, 16, 17, 20, 31, 32];

    public TileKernelTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "tile kernels are emitted for Linux only");

    [Fact]
    public void Every_shape_equals_the_reference()
    {
        foreach (int rows in RowCounts)
        {
            foreach (int steps in new[] { 0, Tile, 3 * Tile })
            {
                Check(Problem(rows, panels: 1, steps, tiles: 1 + (steps / Tile), GemmKernelFlags.None));
                Check(Problem(rows, panels: 2, steps, tiles: 1 + (rows % 3), GemmKernelFlags.None));
            }
        }
    }

    [Fact]
    public void Every_epilogue_equals_the_reference()
    {
        foreach (GemmKernelFlags flags in GemmProblem.AllFlags)
        {
            int odd = (int)flags % 2;
            foreach (GemmFetch fetch in new[] { GemmFetch.Rows, GemmFetch.Panels })
            {
                Check(Problem(rows: 3, panels: 1 + odd, Tile, tiles: 2, flags) with { Fetch = fetch });
                Check(Problem(rows: 17, panels: 2 - odd, Tile, tiles: 1, flags) with { Fetch = fetch });
            }
        }
    }

    [Fact]
    public void Strides_may_be_any_number_of_bytes()
    {
        foreach (int gap in new[] { 2, 30, 62, 64, 1024 })
        {
            Check(Problem(rows: 18, panels: 2, 2 * Tile, tiles: 2, GemmKernelFlags.AddBF16 | GemmKernelFlags.StoreBF16) with { Gap = gap });
        }

        Check(Problem(rows: 18, panels: 2, 2 * Tile, tiles: 2, GemmKernelFlags.None) with { RepeatsRow = true });
    }

    [Fact]
    public void A_second_product_is_added()
    {
        foreach (int rows in RowCounts)
        {
            foreach (int steps in new[] { 0, Tile, 3 * Tile })
            {
                Check(Problem(rows, panels: 1 + (rows % 2), steps, tiles: 2, GemmKernelFlags.None) with { AddedSteps = Tile, Fetch = GemmFetch.Panels });
                Check(Problem(rows, panels: 2 - (rows % 2), steps, tiles: 1, GemmKernelFlags.StoreBF16 | GemmKernelFlags.Alpha) with { AddedSteps = 2 * Tile });
            }
        }

        foreach (string operand in new[] { "added A", "added B" })
        {
            GemmProblem shortened = Problem(rows: 5, panels: 2, Tile, tiles: 1, GemmKernelFlags.None) with { AddedSteps = Tile, Shortened = operand };
            Assert.Contains("outside", Assert.Throws<EmulationException>(() => Check(shortened)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_kernel_may_add_to_its_result() =>
        Check(Problem(rows: 32, panels: 2, Tile, tiles: 2, GemmKernelFlags.AddF32 | GemmKernelFlags.Masked) with { Accumulates = true });

    [Theory]
    [InlineData(GemmKernelFlags.None)]
    [InlineData(GemmKernelFlags.StoreBF16)]
    [InlineData(GemmKernelFlags.AddF32)]
    public void Emulation_notices_a_kernel_that_leaves_its_operands(GemmKernelFlags flags)
    {
        GemmProblem problem = Problem(rows: 5, panels: 2, Tile, tiles: 1, flags);
        Check(problem);
        foreach (string operand in (string[])["A", "B", "C", .. flags == GemmKernelFlags.AddF32 ? new[] { "addend" } : []])
        {
            Assert.Contains("outside", Assert.Throws<EmulationException>(() => Check(problem with { Shortened = operand })).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_self_check_passes_when_emulated_and_fails_on_wrong_sums()
    {
        Assert.True(TileSelfCheck.Passes(new TileKernels(new EmulatedProcessor())));
        Assert.False(TileSelfCheck.Passes(new TileKernels(new WrongMachine(new EmulatedProcessor()))));
    }

    [Fact]
    public void The_peak_loop_takes_as_many_turns_as_it_is_told()
    {
        int operations = 0;
        MachineCode code = MachineCode.Emitted(code => operations = TilePeakEmitter.Emit(code));
        Assert.Equal(6 * 16 * 16 * 32 * 2, operations);
        var arguments = new PeakArguments { Turns = 5, Configuration = TileConfiguration.Whole };
        long executed = new Processor(new MemoryMap()).Run(code, &arguments);
        arguments.Turns = 6;
        long more = new Processor(new MemoryMap()).Run(code, &arguments);
        Assert.Equal(8, more - executed);
    }

    [Fact]
    public void Tiles_are_refused_on_threads_that_are_not_prepared()
    {
        var arguments = new TileArguments();
        Assert.Throws<InvalidOperationException>(() => TileProcessor.Instance.Run(1, (TileArguments*)Unsafe.AsPointer(ref arguments)));
    }

    private static void Check(GemmProblem problem)
    {
        using var operands = new GemmOperands(problem);
        using AlignedBuffer result = operands.CreateResult();
        GemmArguments arguments = operands.ArgumentsFor(result);
        new TileKernels(new EmulatedProcessor(map => operands.Allow(map, result))).Invoke(&arguments, problem.Rows, problem.Panels, problem.Flags, problem.Fetch);
        operands.AssertEqualsReference(result, arguments);
    }

    private static GemmProblem Problem(int rows, int panels, int steps, int tiles, GemmKernelFlags flags) => new(DType.BF16, rows, panels, steps, tiles, flags);

    /// <summary>A processor whose products are a little off.</summary>
    private sealed class WrongMachine(EmulatedProcessor machine) : ITileProcessor
    {
        public nint Load(byte[] code) => machine.Load(code);

        public void Run(nint code, TileArguments* arguments)
        {
            byte* c = arguments->Product.C;
            machine.Run(code, arguments);
            *c ^= 1;
        }
    }
}
