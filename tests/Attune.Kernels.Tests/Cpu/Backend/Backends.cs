using Attune.Kernels.Cpu;
using Attune.Kernels.Jit;
using Attune.Kernels.Tests.Emulation;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Tests.Cpu.Backend;

/// <summary>The backends under test, and comparison of a computation on them with the reference.</summary>
internal static class Backends
{
    private static readonly int[] ThreadCounts = [1, 2, 3];

    private static readonly Lazy<CpuBackend[]> Made = new(() =>
    [
        .. ThreadCounts.SelectMany(ModelledTiles),
        .. CpuTiers.Available.SelectMany(tier => ThreadCounts.Select(threads => new CpuBackend(new CpuBackendOptions { Tier = tier, Threads = threads }))),
    ]);

    /// <summary>Every tier that the machine has, and that of AMX with modelled tiles, each with 1, 2 and 3 threads.</summary>
    public static IReadOnlyList<CpuBackend> All => Made.Value;

    /// <summary>The AMX tier with tiles on a model, where the machine lacks only them.</summary>
    public static CpuBackend[] ModelledTiles(int threads) => CpuTier.Avx512Bf16.IsAvailable && !CpuTier.AmxBf16.IsAvailable && OperatingSystem.IsLinux()
        ? [new CpuBackend(GemmKernels.WithTiles(new EmulatedProcessor()), threads)]
        : [];

    /// <summary>The fastest tier with two threads.</summary>
    public static CpuBackend Fastest => All.Last(backend => backend.Threads == 2);

    /// <summary>
    /// Runs a computation on the reference and on every backend: results must agree within |difference| of at most absolute + relative |reference|, and be equal bit for
    /// bit for every number of threads of one tier.
    /// </summary>
    public static void Agree(Func<Device, Tensor> compute, double relative, double absolute = 0) =>
        Agree(device => [compute(device)], relative, absolute);

    /// <summary>The same for several results.</summary>
    public static void Agree(Func<Device, Tensor[]> compute, double relative, double absolute = 0)
    {
        float[][] expected = Run(new ReferenceBackend(), compute);
        foreach (var tier in All.GroupBy(backend => backend.Tier))
        {
            float[][]? first = null;
            foreach (CpuBackend backend in tier)
            {
                float[][] actual = Run(backend, compute);
                for (int i = 0; i < expected.Length; i++)
                {
                    Close(expected[i], actual[i], relative, absolute, $"{backend.Tier}, result {i}");
                    Assert.True(
                        first is null || first[i].AsSpan().SequenceEqual(actual[i]) || SameBits(first[i], actual[i]),
                        $"{backend.Tier}, result {i}: other bits with {backend.Threads} threads");
                }

                first ??= actual;
            }
        }
    }

    /// <summary>Compares numbers; NaN and infinities must be where they are expected.</summary>
    public static void Close(float[] expected, float[] actual, double relative, double absolute, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            double e = expected[i];
            double a = actual[i];
            bool close = double.IsFinite(e) ? Math.Abs(e - a) <= absolute + (relative * Math.Abs(e)) : e.Equals(a);
            Assert.True(close, $"{what}: element {i} of {expected.Length} is {a:R}, expected {e:R}");
        }
    }

    private static float[][] Run(IBackend backend, Func<Device, Tensor[]> compute)
    {
        using var device = new Device(backend);
        using StepScope scope = device.Scope();
        return [.. compute(device).Select(tensor => tensor.ToArray())];
    }

    private static bool SameBits(float[] a, float[] b) =>
        a.Length == b.Length && a.Zip(b).All(pair => BitConverter.SingleToInt32Bits(pair.First) == BitConverter.SingleToInt32Bits(pair.Second));
}
