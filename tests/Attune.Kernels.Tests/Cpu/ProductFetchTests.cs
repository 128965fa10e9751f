using Attune.Kernels.Cpu;
using Attune.Kernels.Jit;
using Attune.Kernels.Tests.Emulation;
using Attune.Tensors;

namespace Attune.Kernels.Tests.Cpu;

/// <summary>Whole products with emulated kernels: what they touch are their operands, and what they fetch they read afterwards.</summary>
public sealed unsafe class ProductFetchTests
{
    private const int Line = 64;

    public static TheoryData<CpuTier, int, int, int> Products => new(
        from tier in new[] { CpuTier.Avx2, CpuTier.Avx512, CpuTier.Avx512Bf16, CpuTier.AmxBf16 }
        where tier < CpuTier.AmxBf16 || !OperatingSystem.IsWindows()
        from shape in new[] { (Rows: 1, Columns: 70, Depth: 64), (Rows: 40, Columns: 115, Depth: 96), (Rows: 70, Columns: 48, Depth: 128) }
        select (tier, shape.Rows, shape.Columns, shape.Depth));

    /// <summary>Rows of the next tile, its place in the result, and the panels of the next group.</summary>
    [Theory]
    [MemberData(nameof(Products))]
    public void What_is_fetched_is_read_afterwards(CpuTier tier, int rows, int columns, int depth)
    {
        using var product = new TracedProduct(tier, rows, columns, depth, turned: false);
        product.Run();
        nint group = product.TilePanels * product.PanelBytes;
        int fetchedPanelLines = 0;
        foreach ((ulong address, long time) in product.Trace.Fetches)
        {
            MemoryRegion? region = product.Map.Find(address);
            // The kernel of the last tile or group cannot know that it is the last.
            bool isBehindA = address >= product.EndOfA && address < product.EndOfA + (ulong)(product.TileRows * product.RowBytes);
            bool isBehindB = address >= product.EndOfB && address < product.EndOfB + (ulong)group;
            Assert.True(isBehindA || isBehindB || (region is not null && product.Trace.IsTouchedAfter(address, time)), $"fetches {region?.Place(address) ?? $"{address:x}"} for nothing");
            fetchedPanelLines += region?.Name == "B" ? 1 : 0;
        }

        // All of B but the first group, which nothing comes before.
        Assert.Equal(Math.Max(0, product.BytesOfB - group) / Line, fetchedPanelLines);
    }

    /// <summary>Groups too large to be kept are fetched 4 KB ahead: all but the first 4 KB, which nothing comes before.</summary>
    [Fact]
    public void Large_groups_are_fetched_a_little_ahead()
    {
        const int PageLines = 4096 / Line;
        using var product = new TracedProduct(CpuTier.Avx512Bf16, rows: 1, columns: 16, depth: 8800, turned: false);
        product.Run();
        int useful = product.Trace.Fetches.Count(fetch => product.Map.Find(fetch.Address)?.Name == "B" && product.Trace.IsTouchedAfter(fetch.Address, fetch.Time));
        Assert.Equal((product.BytesOfB / Line) - PageLines, useful);
    }

    /// <summary>A weight that is multiplied from its other side is turned group by group; meanwhile the parts that the next group is made of are fetched, 8 tiles long.</summary>
    [Fact]
    public void Parts_of_the_next_turned_group_are_fetched()
    {
        const int Columns = 8 * 16;
        const int Depth = 64;
        using var product = new TracedProduct(CpuTier.Avx512Bf16, rows: 13 * 9, Columns, Depth, turned: true);
        product.Run();
        int panels = product.TilePanels;
        int partBytes = PanelTurner.PartBytes(product.Panels.Layout);
        var expected = new HashSet<ulong>();
        for (int next = panels; next < Columns / PanelLayout.PanelRows; next += panels)
        {
            byte* parts = PanelTurner.Parts(product.Panels, next, firstStep: 0);
            for (int panel = 0; panel < product.Panels.Panels; panel++)
            {
                expected.UnionWith(Enumerable.Range(0, panels * partBytes / Line).Select(line => (ulong)(parts + (panel * product.PanelBytes) + (line * Line))));
            }
        }

        Assert.NotEmpty(expected);
        Assert.Equal(expected.Order(), product.Trace.Fetches.Select(static fetch => fetch.Address).Where(address => product.Map.Find(address)?.Name == "B").Order());
    }

    /// <summary>A product on one thread, all of whose memory is known.</summary>
    private sealed class TracedProduct : IDisposable
    {
        // Rows that are not part of A lie behind it, so that nothing else does.
        private const int MostTileRows = 32;

        private readonly WorkerPool _pool = new(1);
        private readonly EmulatedCalls? _calls;
        private readonly Gemm _gemm;
        private readonly TestMatrix _a;
        private readonly TestMatrix _c;
        private readonly bool _turned;

        public TracedProduct(CpuTier tier, int rows, int columns, int depth, bool turned)
        {
            bool onTiles = tier == CpuTier.AmxBf16;
            _calls = onTiles ? null : new EmulatedCalls(turned ? null : Map, Trace);
            _gemm = new Gemm(_pool, onTiles ? GemmKernels.WithTiles(new EmulatedProcessor(Allow, Trace)) : GemmKernels.Loaded(tier, _calls!.Load));
            _turned = turned;
            columns = tier == CpuTier.Avx2 ? (columns + 15) / 16 * 16 : columns;
            DType precision = _gemm.Kernels.StorageOf(DType.BF16);
            _a = new TestMatrix(precision, rows + MostTileRows, depth).Randomise(new Random(1));
            _c = new TestMatrix(DType.F32, rows, columns);
            using TestMatrix w = new TestMatrix(precision, turned ? depth : columns, turned ? columns : depth).Randomise(new Random(2));
            Panels = _gemm.Pack(w.View, precision);
            var right = new RightOperand(Panels, turned);
            var plan = new GemmPlan(_gemm.Kernels, rows, right.Count, right.Layout.Steps, precision, threads: 1);
            (TileRows, TilePanels) = (plan.TileRows, plan.TilePanels);
            Allow(Map);
        }

        public MemoryMap Map { get; } = new();

        public AccessTrace Trace { get; } = new();

        public PackedPanels Panels { get; }

        public int TileRows { get; }

        public int TilePanels { get; }

        public nint RowBytes => (nint)_a.View.RowBytes;

        public nint PanelBytes => Panels.Layout.PanelBytes;

        public nint BytesOfB => Panels.Panels * PanelBytes;

        public ulong EndOfA => (ulong)(_a.View.Data + (_c.View.Rows * RowBytes));

        public ulong EndOfB => (ulong)(Panels.Panel(0) + BytesOfB);

        public void Run()
        {
            var a = new MatrixView(_a.View.Data, _a.View.DType, _c.View.Rows, _a.View.Columns, _a.View.RowStride);
            _gemm.Multiply(a, new RightOperand(Panels, _turned), _c.View, default);
            _calls?.ThrowIfFailed();
            Assert.NotEmpty(Trace.Fetches);
        }

        public void Dispose()
        {
            _a.Dispose();
            _c.Dispose();
            Panels.Dispose();
            _gemm.Dispose();
            _pool.Dispose();
        }

        private void Allow(MemoryMap map)
        {
            map.Allow("A", _a.View.Data, _c.View.Rows * RowBytes, writable: false);
            map.Allow("B", Panels.Panel(0), BytesOfB, writable: false);
            map.Allow("C", _c.View.Data, _c.View.Rows * (nint)_c.View.RowBytes, writable: true);
        }
    }
}
