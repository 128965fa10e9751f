using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu;
using Attune.Kernels.Jit;
using Attune.Kernels.Tests.Jit.Model;
using Attune.Tensors;
using Iced.Intel;

namespace Attune.Kernels.Tests.Jit;

/// <summary>The machine code of the tile kernels on a model of the processor, which knows every byte that they may touch.</summary>
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
                Check(new Problem(rows, Panels: 1, steps, Tiles: 1 + (steps / Tile), GemmKernelFlags.None));
                Check(new Problem(rows, Panels: 2, steps, Tiles: 1 + (rows % 3), GemmKernelFlags.None));
            }
        }
    }

    [Fact]
    public void Every_epilogue_equals_the_reference()
    {
        for (int flags = 0; flags < 64; flags++)
        {
            const GemmKernelFlags BothAddends = GemmKernelFlags.AddF32 | GemmKernelFlags.AddBF16;
            if (((GemmKernelFlags)flags & BothAddends) != BothAddends)
            {
                foreach (GemmFetch fetch in new[] { GemmFetch.Rows, GemmFetch.Panels })
                {
                    Check(new Problem(Rows: 3, Panels: 1 + (flags % 2), Tile, Tiles: 2, (GemmKernelFlags)flags) { Fetch = fetch });
                    Check(new Problem(Rows: 17, Panels: 2 - (flags % 2), Tile, Tiles: 1, (GemmKernelFlags)flags) { Fetch = fetch });
                }
            }
        }
    }

    [Fact]
    public void Strides_may_be_any_number_of_bytes()
    {
        foreach (int gap in new[] { 2, 30, 62, 64, 1024 })
        {
            Check(new Problem(Rows: 18, Panels: 2, 2 * Tile, Tiles: 2, GemmKernelFlags.AddBF16 | GemmKernelFlags.StoreBF16) { Gap = gap });
        }

        Check(new Problem(Rows: 18, Panels: 2, 2 * Tile, Tiles: 2, GemmKernelFlags.None) { RepeatsRow = true });
    }

    [Fact]
    public void A_second_product_is_added()
    {
        foreach (int rows in RowCounts)
        {
            foreach (int steps in new[] { 0, Tile, 3 * Tile })
            {
                Check(new Problem(rows, Panels: 1 + (rows % 2), steps, Tiles: 2, GemmKernelFlags.None) { AddedSteps = Tile, Fetch = GemmFetch.Panels });
                Check(new Problem(rows, Panels: 2 - (rows % 2), steps, Tiles: 1, GemmKernelFlags.StoreBF16 | GemmKernelFlags.Alpha) { AddedSteps = 2 * Tile });
            }
        }

        foreach (string operand in new[] { "added A", "added B" })
        {
            var shortened = new Problem(Rows: 5, Panels: 2, Tile, Tiles: 1, GemmKernelFlags.None) { AddedSteps = Tile, Shortened = operand };
            Assert.Contains("outside", Assert.Throws<InvalidOperationException>(() => Check(shortened)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_kernel_may_add_to_its_result() =>
        Check(new Problem(Rows: 32, Panels: 2, Tile, Tiles: 2, GemmKernelFlags.AddF32 | GemmKernelFlags.Masked) { Accumulates = true });

    [Theory]
    [InlineData(GemmKernelFlags.None)]
    [InlineData(GemmKernelFlags.StoreBF16)]
    [InlineData(GemmKernelFlags.AddF32)]
    public void The_model_notices_a_kernel_that_leaves_its_operands(GemmKernelFlags flags)
    {
        var problem = new Problem(Rows: 5, Panels: 2, Tile, Tiles: 1, flags);
        Check(problem);
        foreach (string operand in (string[])["A", "B", "C", .. flags == GemmKernelFlags.AddF32 ? new[] { "addend" } : []])
        {
            Assert.Contains("outside", Assert.Throws<InvalidOperationException>(() => Check(problem with { Shortened = operand })).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_self_check_passes_on_the_model_and_fails_on_wrong_sums()
    {
        Assert.True(TileSelfCheck.Passes(new TileKernels(new TileMachine())));
        Assert.False(TileSelfCheck.Passes(new TileKernels(new WrongMachine(new TileMachine()))));
    }

    [Fact]
    public void The_peak_loop_takes_as_many_turns_as_it_is_told()
    {
        var code = new Assembler(64);
        Assert.Equal(6 * 16 * 16 * 32 * 2, TilePeakEmitter.Emit(code));
        var arguments = new PeakArguments { Turns = 5, Configuration = TileConfiguration.Whole };
        var map = new MemoryMap();
        map.Allow(&arguments, sizeof(PeakArguments), writable: false);
        long executed = new TileProgram(TileMachine.Decode(CallingConvention.Assemble(code)), map).Run(TileMachine.Origin, (ulong)&arguments);
        arguments.Turns = 6;
        long more = new TileProgram(TileMachine.Decode(CallingConvention.Assemble(code)), map).Run(TileMachine.Origin, (ulong)&arguments);
        Assert.Equal(8, more - executed);
    }

    [Fact]
    public void Tiles_are_refused_on_threads_that_are_not_prepared()
    {
        var arguments = new TileArguments();
        Assert.Throws<InvalidOperationException>(() => TileProcessor.Instance.Run(1, (TileArguments*)Unsafe.AsPointer(ref arguments)));
    }

    private static void Check(Problem problem)
    {
        int height = problem.Rows * problem.Tiles;
        int width = problem.Panels * PanelLayout.PanelRows;
        int aBytes = problem.Steps * sizeof(uint);
        int aStride = problem.RepeatsRow ? 0 : aBytes + problem.Gap;
        int panelBytes = problem.Steps * PanelLayout.StepBytes;
        int addedBytes = problem.AddedSteps * sizeof(uint);
        int addedStride = addedBytes + problem.Gap;
        int addedPanelBytes = problem.AddedSteps * PanelLayout.StepBytes;
        int cStride = (width * problem.ResultBytes) + problem.Gap;
        int addendStride = problem.Accumulates ? cStride : (width * problem.AddendBytes) + problem.Gap;
        using AlignedBuffer a = Operand((height * (long)aStride) + aBytes, problem, 1);
        using AlignedBuffer b = Operand(problem.Panels * (panelBytes + 64L), problem, 2);
        using AlignedBuffer addedA = Operand(height * (long)addedStride, problem, 1);
        using AlignedBuffer addedB = Operand(problem.Panels * (long)addedPanelBytes, problem, 2);
        using AlignedBuffer expected = Operand(height * (long)cStride, problem, 3);
        using AlignedBuffer actual = Operand(height * (long)cStride, problem, 3);
        using AlignedBuffer addend = Operand(height * (long)addendStride, problem, 4);
        using AlignedBuffer bias = Operand(width * sizeof(float), problem, 5);
        var arguments = new GemmArguments
        {
            A = a.Pointer,
            AStride = aStride,
            B = b.Pointer,
            PanelStride = panelBytes + 64,
            Steps = problem.Steps,
            AddedA = addedA.Pointer,
            AddedAStride = addedStride,
            AddedB = addedB.Pointer,
            AddedPanelStride = addedPanelBytes,
            AddedSteps = problem.AddedSteps,
            C = expected.Pointer,
            CStride = cStride,
            Bias = (float*)bias.Pointer,
            Addend = problem.Accumulates ? expected.Pointer : addend.Pointer,
            AddendStride = addendStride,
            Tiles = problem.Tiles,
            Alpha = -0.75f,
            PrefetchDistance = 1 << 20,
            ColumnMask = (1u << problem.LastColumns) - 1,
        };
        GemmArguments real = arguments with { C = actual.Pointer, Addend = problem.Accumulates ? actual.Pointer : addend.Pointer };
        byte* end = arguments.C + (height * (nint)cStride);
        GemmReference.Run(&arguments, DType.BF16, problem.Rows, problem.Panels, problem.Flags);

        int columns = width - PanelLayout.PanelRows + problem.LastColumns;
        var machine = new TileMachine(map =>
        {
            Allow(map, a.Pointer, height, aStride, aBytes, problem.Shortened == "A", writable: false);
            Allow(map, b.Pointer, problem.Panels, panelBytes + 64, panelBytes, problem.Shortened == "B", writable: false);
            Allow(map, addedA.Pointer, height, addedStride, addedBytes, problem.Shortened == "added A", writable: false);
            Allow(map, addedB.Pointer, problem.Panels, addedPanelBytes, addedPanelBytes, problem.Shortened == "added B", writable: false);
            Allow(map, actual.Pointer, height, cStride, columns * problem.ResultBytes, problem.Shortened == "C", writable: true);
            Allow(map, addend.Pointer, height, addendStride, columns * problem.AddendBytes, problem.Shortened == "addend", writable: false);
            map.Allow(bias.Pointer, columns * sizeof(float), writable: false);
        });
        new TileKernels(machine).Invoke(&real, problem.Rows, problem.Panels, problem.Flags, problem.Fetch);
        Assert.Equal(0, real.Tiles);
        Assert.Equal((nint)end - (nint)expected.Pointer, (nint)real.C - (nint)actual.Pointer);
        Assert.True(
            new Span<byte>(expected.Pointer, (int)expected.Bytes).SequenceEqual(new Span<byte>(actual.Pointer, (int)actual.Bytes)), $"{problem}: other bits than the reference");
    }

    /// <summary>Allows the bytes of rows, without the gaps between them; the last row may lack its last byte.</summary>
    private static void Allow(MemoryMap map, byte* start, int rows, nint stride, int bytes, bool shortened, bool writable)
    {
        for (int row = 0; row < rows; row++)
        {
            map.Allow(start + (row * stride), bytes - (shortened && row == rows - 1 ? 1 : 0), writable);
        }
    }

    /// <summary>Eighths of small integers, whose sums are exact in any order: as bf16 for A and B, as what the flags say elsewhere.</summary>
    private static AlignedBuffer Operand(long bytes, Problem problem, int operand)
    {
        var buffer = AlignedBuffer.Zeroed(bytes);
        DType type = operand switch
        {
            1 or 2 => DType.BF16,
            3 => problem.ResultBytes == sizeof(float) ? DType.F32 : DType.BF16,
            4 => problem.AddendBytes == sizeof(float) ? DType.F32 : DType.BF16,
            _ => DType.F32,
        };
        var random = new Random(operand);
        for (long i = 0; i < bytes / type.SizeInBytes; i++)
        {
            PackedElements.Write(buffer.Pointer, type, i, random.Next(-8, 9) / 8f);
        }

        return buffer;
    }

    private sealed record Problem(int Rows, int Panels, int Steps, int Tiles, GemmKernelFlags Flags)
    {
        /// <summary>Bytes between rows.</summary>
        public int Gap { get; init; } = 8;

        /// <summary>What is fetched meanwhile.</summary>
        public GemmFetch Fetch { get; init; }

        /// <summary>Steps of the added product.</summary>
        public int AddedSteps { get; init; }

        /// <summary>The stride of A is 0.</summary>
        public bool RepeatsRow { get; init; }

        /// <summary>The addend is C.</summary>
        public bool Accumulates { get; init; }

        /// <summary>The operand whose last byte the kernel may not touch.</summary>
        public string? Shortened { get; init; }

        public int ResultBytes => Flags.HasFlag(GemmKernelFlags.StoreBF16) ? sizeof(ushort) : sizeof(float);

        public int AddendBytes => Flags.HasFlag(GemmKernelFlags.AddBF16) ? sizeof(ushort) : sizeof(float);

        public int LastColumns => Flags.HasFlag(GemmKernelFlags.Masked) ? 1 + (Rows % 15) : PanelLayout.PanelRows;
    }

    /// <summary>A processor whose products are a little off.</summary>
    private sealed class WrongMachine(TileMachine machine) : ITileProcessor
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
