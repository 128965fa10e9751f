using Attune.Kernels.Cpu;
using Attune.Kernels.Jit;
using Attune.Kernels.Tests.Emulation;
using Attune.Tensors;

namespace Attune.Kernels.Tests.Jit;

/// <summary>The kernels of attention's soft-max beside double precision.</summary>
public sealed unsafe class SoftmaxKernelsTests
{
    private const float Log2E = 1.44269504f;
    private const double Half = 1.0 / 256;

    private static readonly EmulatedFunction<WeightArguments> EmulatedWeights = new(WeightEmitter.Emit, CpuTier.Avx512Bf16.IsAvailable);
    private static readonly EmulatedFunction<ScoreGradientArguments>[] EmulatedGradients =
        [.. new[] { false, true }.Select(static masked => new EmulatedFunction<ScoreGradientArguments>(code => ScoreGradientEmitter.Emit(code, masked), CpuTier.Avx512Bf16.IsAvailable))];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Weights_equal_double_precision(bool emulated)
    {
        Tiers.Require(CpuTier.Avx512Bf16, emulated);
        int[] seen = [0, 1, 15, 16, 17, 31, 32, 33, 64, 95, 96];
        const int Width = 96;
        const float Scale = 0.3f;
        var random = new Random(1);
        using var memory = new AlignedBuffer(1 << 16);
        float* scores = (float*)memory.Pointer;
        var weights = (ushort*)(scores + (seen.Length * Width));
        float* before = (float*)(weights + (seen.Length * Width));
        float* largest = before + seen.Length;
        float* sums = largest + seen.Length;
        for (int row = 0; row < seen.Length; row++)
        {
            before[row] = row % 3 == 0 ? 2 : float.NegativeInfinity;
            for (int i = 0; i < Width; i++)
            {
                scores[(row * Width) + i] = i < seen[row] ? (random.NextSingle() - 0.7f) * 100 : float.NaN;
            }
        }

        fixed (int* counts = seen)
        {
            var arguments = new WeightArguments
            {
                Scores = scores,
                ScoreStride = Width * sizeof(float),
                Weights = (byte*)weights,
                WeightStride = Width * sizeof(ushort),
                Rows = seen.Length,
                Seen = counts,
                Before = before,
                Largest = largest,
                Sums = sums,
                Scale = Scale,
                BinaryScale = Scale * Log2E,
            };
            Weigh(emulated, &arguments);
        }

        for (int row = 0; row < seen.Length; row++)
        {
            float* x = scores + (row * Width);
            double[] scaled = [.. Enumerable.Range(0, seen[row]).Select(i => (double)(x[i] * Scale))];
            double expected = scaled.Append(before[row]).Max();
            Assert.Equal(expected, largest[row]);
            Assert.Equal(scaled.Sum(score => Math.Exp(score - expected)), sums[row], 2e-6 * seen[row]);
            for (int i = 0; i < Width; i++)
            {
                double weight = i < seen[row] ? Math.Exp(scaled[i] - expected) : 0;
                Assert.Equal(weight, BFloat16.ToSingle(weights[(row * Width) + i]), weight * Half);
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Scores_that_are_hidden_or_far_below_weigh_nothing(bool emulated)
    {
        Tiers.Require(CpuTier.Avx512Bf16, emulated);
        using var memory = new AlignedBuffer(1024);
        float* scores = (float*)memory.Pointer;
        new Span<float>(scores, 32).Fill(-1e30f);
        scores[0] = 1;
        scores[1] = float.NegativeInfinity;
        scores[2] = -200;
        ushort* weights = (ushort*)(scores + 64);
        int seen = 20;
        float before = float.NegativeInfinity;
        float largest;
        float sum;
        var arguments = new WeightArguments
        {
            Scores = scores,
            Weights = (byte*)weights,
            WeightStride = 64,
            Rows = 1,
            Seen = &seen,
            Before = &before,
            Largest = &largest,
            Sums = &sum,
            Scale = 1,
            BinaryScale = Log2E,
        };
        Weigh(emulated, &arguments);
        Assert.Equal(1, sum, 1e-6);
        Assert.Equal(1, BFloat16.ToSingle(weights[0]));
        Assert.All(new ReadOnlySpan<ushort>(weights + 1, 31).ToArray(), weight => Assert.Equal(0, weight));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Gradients_equal_double_precision(bool masked, bool emulated)
    {
        Tiers.Require(CpuTier.Avx512Bf16, emulated);
        const int Keys = 6;
        const int Width = 48;
        const int FirstKey = 100;
        const float Scale = 0.125f;
        var random = new Random(2);
        using var memory = new AlignedBuffer(1 << 16);
        float* products = (float*)memory.Pointer;
        float* weightGradients = products + (Keys * Width);
        float* statistics = weightGradients + (Keys * Width);
        float* range = statistics + (3 * Width);
        ushort* weights = (ushort*)(range + (2 * Width));
        ushort* gradients = weights + (Keys * 64);
        ushort* panels = gradients + (Keys * 64);
        for (int i = 0; i < 2 * Keys * Width; i++)
        {
            products[i] = (random.NextSingle() - 0.5f) * 20;
        }

        for (int m = 0; m < Width; m++)
        {
            statistics[m] = -2 - random.NextSingle();
            statistics[Width + m] = 0.5f + random.NextSingle();
            statistics[(2 * Width) + m] = random.NextSingle();
            range[m] = masked ? FirstKey + (m % 5) - 1 : 0;
            range[Width + m] = masked ? FirstKey + (m % 7) : 1000;
        }

        var arguments = new ScoreGradientArguments
        {
            Products = products,
            WeightGradients = weightGradients,
            Stride = Width * sizeof(float),
            Weights = (byte*)weights,
            ScoreGradients = (byte*)gradients,
            RowBytes = 128,
            Panels = (byte*)panels,
            PanelStride = Keys / 2 * 64,
            Width = Width / 16,
            Pairs = Keys / 2,
            Statistics = statistics,
            Range = range,
            FirstKey = FirstKey,
            Scale = Scale,
            BinaryScale = Scale * Log2E,
        };
        Gradient(masked, emulated, &arguments);
        for (int j = 0; j < Keys; j++)
        {
            for (int m = 0; m < Width; m++)
            {
                int key = FirstKey + j;
                bool isSeen = key >= range[m] && key < range[Width + m];
                double weight = isSeen ? Math.Exp(((double)products[(j * Width) + m] * Scale) + statistics[m]) * statistics[Width + m] : 0;
                double gradient = weight * (weightGradients[(j * Width) + m] - statistics[(2 * Width) + m]) * Scale;
                ushort stored = gradients[(j * 64) + m];
                Assert.Equal(weight, BFloat16.ToSingle(weights[(j * 64) + m]), weight * Half);
                Assert.Equal(gradient, BFloat16.ToSingle(stored), (Math.Abs(gradient) * Half) + (weight * 1e-6));
                Assert.Equal(stored, panels[(m / 16 * Keys * 16) + (j / 2 * 32) + (m % 16 * 2) + (j % 2)]);
            }
        }
    }
    private static void Weigh(bool emulated, WeightArguments* arguments)
    {
        if (!emulated)
        {
            SoftmaxKernels.Weigh(arguments);
            return;
        }

        var rows = (int)arguments->Rows;
        var map = new MemoryMap();
        for (int row = 0; row < rows; row++)
        {
            // Whole blocks are read.
            int numbers = (arguments->Seen[row] + BlockLoop.Numbers - 1) / BlockLoop.Numbers * BlockLoop.Numbers;
            map.Allow($"row {row} of scores", (byte*)arguments->Scores + (row * arguments->ScoreStride), numbers * sizeof(float), writable: false);
        }

        map.Allow("weights", arguments->Weights, rows * arguments->WeightStride, writable: true);
        map.Allow("the numbers of scores", arguments->Seen, rows * sizeof(int), writable: false);
        map.Allow("the largest scores before", arguments->Before, rows * sizeof(float), writable: false);
        map.Allow("the largest scores", arguments->Largest, rows * sizeof(float), writable: true);
        map.Allow("sums", arguments->Sums, rows * sizeof(float), writable: true);
        EmulatedWeights.Run(arguments, map);
    }

    private static void Gradient(bool masked, bool emulated, ScoreGradientArguments* arguments)
    {
        if (!emulated)
        {
            SoftmaxKernels.Gradient(masked, arguments);
            return;
        }

        int keys = 2 * (int)arguments->Pairs;
        nint bytes = arguments->Width * PanelLayout.PanelRows * sizeof(float);
        var map = new MemoryMap();
        map.AllowConstants();
        map.AllowRows("products", arguments->Products, keys, arguments->Stride, bytes, writable: false);
        map.AllowRows("dP", arguments->WeightGradients, keys, arguments->Stride, bytes, writable: false);
        map.AllowRows("weights", arguments->Weights, keys, arguments->RowBytes, bytes / 2, writable: true);
        map.AllowRows("gradients", arguments->ScoreGradients, keys, arguments->RowBytes, bytes / 2, writable: true);
        map.AllowRows("panels", arguments->Panels, (int)arguments->Width, arguments->PanelStride, arguments->Pairs * PanelLayout.StepBytes, writable: true);
        map.AllowRows("statistics", arguments->Statistics, 3, arguments->Stride, bytes, writable: false);
        map.AllowRows("ranges", arguments->Range, masked ? 2 : 0, arguments->Stride, bytes, writable: false);
        EmulatedGradients[masked ? 1 : 0].Run(arguments, map);
    }
}
