using Attune.Kernels.Cpu;
using Attune.Kernels.Jit;
using Attune.Kernels.Tests.Emulation;
using Attune.Tensors;

namespace Attune.Kernels.Tests.Jit;

/// <summary>The kernels of attention with a single query beside double precision.</summary>
public sealed unsafe class SingleQueryKernelsTests
{
    private const int Rows = 48;

    public static TheoryData<int, bool> Sizes => new(
        from size in new[] { 32, 64, 96, 128, 160, 192, 224, 256 }
        from emulated in new[] { false, true }
        select (size, emulated));

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Scores_equal_double_precision(int size, bool emulated)
    {
        Tiers.Require(CpuTier.Avx512Bf16, emulated);
        using var memory = new Memory(size);
        for (int count = 16; count <= Rows; count += 16)
        {
            float[] scores = new float[Rows + 1];
            scores[count] = 77;
            fixed (float* result = scores)
            fixed (ushort* query = memory.Query)
            {
                var arguments = new SingleQueryArguments { Rows = (byte*)memory.Start, RowBytes = memory.Stride * sizeof(ushort), Count = count, Operand = (byte*)query, Result = result };
                Score(emulated, size, &arguments);
            }

            for (int row = 0; row < count; row++)
            {
                double expected = Enumerable.Range(0, size).Sum(i => (double)BFloat16.ToSingle(memory.Query[i]) * memory[row, i]);
                Assert.Equal(expected, scores[row], 1e-5 * size);
            }

            Assert.Equal(77, scores[count]);
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Sums_equal_double_precision_for_all_heads_and_are_added(int size, bool emulated)
    {
        Tiers.Require(CpuTier.Avx512Bf16, emulated);
        using var memory = new Memory(size);
        int most = SingleQueryEmitter.HeadsAtOnce(size / SingleQueryEmitter.ChunkNumbers);
        const int WeightStride = SingleQueryEmitter.WeightStride / sizeof(ushort);
        var random = new Random(2);
        for (int heads = 1; heads <= most; heads++)
        {
            ushort[] weights = [.. Enumerable.Range(0, heads * WeightStride).Select(_ => BFloat16.FromSingle(random.NextSingle()))];
            int stride = size + 16;
            var sums = new float[heads * stride];
            Array.Fill(sums, 3);
            fixed (float* result = sums)
            fixed (ushort* operand = weights)
            {
                var arguments = new SingleQueryArguments
                {
                    Rows = (byte*)memory.Start,
                    RowBytes = memory.Stride * sizeof(ushort),
                    Count = Rows,
                    Operand = (byte*)operand,
                    Result = result,
                    ResultStride = stride * sizeof(float),
                };
                Sum(emulated, size, heads, &arguments);
            }

            for (int head = 0; head < heads; head++)
            {
                for (int i = 0; i < stride; i++)
                {
                    double expected = i < size ? 3 + Enumerable.Range(0, Rows).Sum(row => BFloat16.ToSingle(weights[(head * WeightStride) + row]) * (double)memory[row, i]) : 3;
                    Assert.Equal(expected, sums[(head * stride) + i], 1e-4);
                }
            }
        }
    }

    private static void Score(bool emulated, int size, SingleQueryArguments* arguments)
    {
        if (!emulated)
        {
            SingleQueryKernels.Score(size, arguments);
            return;
        }

        MemoryMap map = Readable(size, arguments);
        map.Allow("the query", arguments->Operand, size * sizeof(ushort), writable: false);
        map.Allow("scores", arguments->Result, arguments->Count * sizeof(float), writable: true);
        var function = new EmulatedFunction<SingleQueryArguments>(
            code => SingleQueryEmitter.EmitScores(code, size / SingleQueryEmitter.ChunkNumbers), CpuTier.Avx512Bf16.IsAvailable);
        function.Run(arguments, map);
    }

    private static void Sum(bool emulated, int size, int heads, SingleQueryArguments* arguments)
    {
        if (!emulated)
        {
            SingleQueryKernels.Sum(size, heads, arguments);
            return;
        }

        MemoryMap map = Readable(size, arguments);
        map.AllowRows("weights", arguments->Operand, heads, SingleQueryEmitter.WeightStride, arguments->Count * sizeof(ushort), writable: false);
        map.AllowRows("sums", arguments->Result, heads, arguments->ResultStride, size * sizeof(float), writable: true);
        var function = new EmulatedFunction<SingleQueryArguments>(
            code => SingleQueryEmitter.EmitSums(code, size / SingleQueryEmitter.ChunkNumbers, heads), CpuTier.Avx512Bf16.IsAvailable);
        function.Run(arguments, map);
    }

    private static MemoryMap Readable(int size, SingleQueryArguments* arguments)
    {
        var map = new MemoryMap();
        map.AllowRows("keys or values", arguments->Rows, (int)arguments->Count, arguments->RowBytes, size * sizeof(ushort), writable: false);
        return map;
    }

    /// <summary>Random rows, some way apart, and a query.</summary>
    private sealed class Memory : IDisposable
    {
        private readonly AlignedBuffer _buffer;

        public Memory(int size)
        {
            var random = new Random(1);
            Stride = size + 8;
            _buffer = new AlignedBuffer(Rows * (long)Stride * sizeof(ushort));
            for (int i = 0; i < Rows * Stride; i++)
            {
                Start[i] = BFloat16.FromSingle(random.NextSingle() - 0.5f);
            }

            Query = [.. Enumerable.Range(0, size).Select(_ => BFloat16.FromSingle(random.NextSingle() - 0.5f))];
        }

        public int Stride { get; }

        public ushort[] Query { get; }

        public ushort* Start => (ushort*)_buffer.Pointer;

        public float this[int row, int i] => BFloat16.ToSingle(Start[(row * Stride) + i]);

        public void Dispose() => _buffer.Dispose();
    }
}
