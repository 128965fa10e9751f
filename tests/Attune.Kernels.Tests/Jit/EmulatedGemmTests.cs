using Attune.Kernels.Cpu;
using Attune.Kernels.Jit;
using Attune.Kernels.Tests.Emulation;
using Attune.Tensors;

namespace Attune.Kernels.Tests.Jit;

/// <summary>The machine code of the products on vectors, of every tier, on an emulated processor: on any machine, and with every byte known that it may touch.</summary>
public sealed unsafe class EmulatedGemmTests
{
    private static readonly int[] StepCounts = [0, 1, 3, 4, 7, 17];

    private readonly Dictionary<(DType Storage, int Rows, int Panels, GemmKernelFlags Flags, GemmFetch Fetch), MachineCode> _codes = [];

    public static TheoryData<CpuTier> EmittedTiers => [CpuTier.Avx2, CpuTier.Avx512, CpuTier.Avx512Bf16];

    [Theory]
    [MemberData(nameof(EmittedTiers))]
    public void Every_tile_equals_the_reference(CpuTier tier)
    {
        foreach ((DType storage, int panels) in Shapes(tier))
        {
            for (int rows = 1; rows <= MaxRows(tier, panels); rows++)
            {
                foreach (int steps in StepCounts)
                {
                    var problem = new GemmProblem(storage, rows, panels, steps, Tiles: 1 + (steps % 3), GemmKernelFlags.None);
                    Check(tier, problem with { AddedSteps = (rows + steps) % 6 });
                }
            }
        }
    }

    /// <summary>Sums of more steps than a block has, and every way to fetch meanwhile.</summary>
    [Theory]
    [MemberData(nameof(EmittedTiers))]
    public void Long_tiles_equal_the_reference(CpuTier tier)
    {
        foreach ((DType storage, int panels) in Shapes(tier))
        {
            int block = storage == DType.BF16 ? GemmEmitter.PairBlockSteps : GemmEmitter.BlockSteps;
            foreach (GemmFetch fetch in Enum.GetValues<GemmFetch>())
            {
                Check(tier, new GemmProblem(storage, MaxRows(tier, panels), panels, 9 + (int)fetch, Tiles: 3, GemmKernelFlags.None) { Fetch = fetch });
                Check(tier, new GemmProblem(storage, 1 + (int)fetch, panels, block - 1 + (int)fetch, Tiles: 1, GemmKernelFlags.None) { Fetch = fetch });
            }
        }
    }

    [Theory]
    [MemberData(nameof(EmittedTiers))]
    public void Every_epilogue_equals_the_reference(CpuTier tier)
    {
        foreach (GemmKernelFlags flags in GemmProblem.AllFlags.Where(flags => tier > CpuTier.Avx2 || flags < GemmKernelFlags.AddBF16))
        {
            foreach ((DType storage, int panels) in Shapes(tier))
            {
                var problem = new GemmProblem(storage, 1 + ((int)flags % MaxRows(tier, panels)), panels, Steps: 2, Tiles: 2, flags) { Gap = 4 * panels };
                Check(tier, problem with { Accumulates = panels == 2 && problem.AddendType == problem.ResultType });
            }
        }
    }

    /// <summary>That is what makes emulated results worth something: sums are rounded as on the machine, in the same order.</summary>
    [Theory]
    [MemberData(nameof(EmittedTiers))]
    public void Emulation_gives_the_bits_of_the_machine(CpuTier tier)
    {
        Tiers.Require(tier);
        GemmKernels kernels = GemmKernels.For(tier);
        GemmKernelFlags[] epilogues = tier == CpuTier.Avx2
            ? [GemmKernelFlags.None, GemmKernelFlags.Alpha | GemmKernelFlags.Bias | GemmKernelFlags.AddF32]
            : [GemmKernelFlags.None, GemmKernelFlags.Alpha | GemmKernelFlags.Bias | GemmKernelFlags.AddF32, GemmKernelFlags.AddBF16 | GemmKernelFlags.StoreBF16 | GemmKernelFlags.Masked];
        foreach ((DType storage, int panels) in Shapes(tier))
        {
            foreach (GemmKernelFlags flags in epilogues)
            {
                foreach (int steps in (int[])[1, 31, 600])
                {
                    var problem = new GemmProblem(storage, steps > 500 ? 2 : MaxRows(tier, panels), panels, steps, Tiles: 2, flags) { AddedSteps = 5, IsRounded = true };
                    using var operands = new GemmOperands(problem);
                    using AlignedBuffer emulated = operands.CreateResult();
                    using AlignedBuffer real = operands.CreateResult();
                    Emulate(tier, problem, operands, emulated);
                    GemmArguments arguments = operands.ArgumentsFor(real);
                    kernels.Get(storage, problem.Rows, panels, flags).Invoke(&arguments);
                    operands.AssertEqual(real, emulated);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(EmittedTiers))]
    public void Emulation_notices_a_kernel_that_leaves_its_operands(CpuTier tier)
    {
        var problem = new GemmProblem(DType.F32, Rows: 2, Panels: 1, Steps: 6, Tiles: 2, GemmKernelFlags.Bias | GemmKernelFlags.AddF32) { AddedSteps = 3 };
        Check(tier, problem);
        foreach (string operand in (string[])["A", "B", "added A", "added B", "C", "addend"])
        {
            string message = Assert.Throws<EmulationException>(() => Check(tier, problem with { Shortened = operand })).Message;
            Assert.Contains("outside of its operands, at byte", message, StringComparison.Ordinal);
            Assert.Contains($"the last row of {operand}", message, StringComparison.Ordinal);
        }
    }

    private static IEnumerable<(DType Storage, int Panels)> Shapes(CpuTier tier) =>
        from storage in tier == CpuTier.Avx512Bf16 ? new[] { DType.F32, DType.BF16 } : [DType.F32]
        from panels in Enumerable.Range(1, tier == CpuTier.Avx2 ? 1 : GemmEmitter.MaxPanels)
        select (storage, panels);

    private static int MaxRows(CpuTier tier, int panels) => tier == CpuTier.Avx2
        ? GemmEmitter.RowsThatFit(panels, panelVectors: 2, registers: 16)
        : GemmEmitter.RowsThatFit(panels, panelVectors: 1, registers: 32);

    private void Check(CpuTier tier, GemmProblem problem)
    {
        using var operands = new GemmOperands(problem);
        using AlignedBuffer result = operands.CreateResult();
        operands.AssertEqualsReference(result, Emulate(tier, problem, operands, result));
    }

    private GemmArguments Emulate(CpuTier tier, GemmProblem problem, GemmOperands operands, AlignedBuffer result)
    {
        var map = new MemoryMap();
        operands.Allow(map, result);
        GemmArguments arguments = operands.ArgumentsFor(result);
        new Processor(map).Run(CodeOf(tier, problem), &arguments);
        return arguments;
    }

    private MachineCode CodeOf(CpuTier tier, GemmProblem problem)
    {
        var key = (problem.Storage, problem.Rows, problem.Panels, problem.Flags, problem.Fetch);
        if (!_codes.TryGetValue(key, out MachineCode? code))
        {
            code = MachineCode.Emitted(code =>
            {
                VectorEmitter vectors = tier == CpuTier.Avx2 ? new Avx2VectorEmitter(code) : new Avx512VectorEmitter(code, problem.Storage, convertsBF16: tier == CpuTier.Avx512Bf16);
                GemmEmitter.Emit(code, vectors, problem.Rows, problem.Panels, problem.Flags, problem.Fetch);
            });
            _codes.Add(key, code);
        }

        return code;
    }
}
