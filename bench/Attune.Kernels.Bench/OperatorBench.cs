using System.Diagnostics;
using Attune.Kernels.Cpu;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Bench;

/// <summary>Rates of the operations around the products, in the sizes of a small language model: 512 tokens, 576 wide, 9 heads on 3.</summary>
internal static class OperatorBench
{
    private const int Tokens = 512;
    private const int Width = 576;
    private const int Inner = 1536;

    public static void Run(CpuTier tier, int threads, bool onlyAttention)
    {
        using var backend = new CpuBackend(new CpuBackendOptions { Tier = tier, Threads = threads });
        using var device = new Device(backend);
        using StepScope scope = device.Scope();
        Console.WriteLine($"{backend.Tier}, {threads} threads");
        foreach (DType type in new[] { DType.F32, DType.BF16 })
        {
            if (!onlyAttention)
            {
                Rows(device, type);
            }

            foreach (int tokens in new[] { 512, 2048 })
            {
                Attention(device, type, tokens, tokens);
            }

            Attention(device, type, 1, 2048);
        }

        if (!onlyAttention)
        {
            Optimizer(device);
        }
    }

    private static void Rows(Device device, DType type)
    {
        IBackend backend = device.Backend;
        Tensor x = device.Full([Tokens, Width], type, 0.5);
        Tensor y = device.Full([Tokens, Width], type, 0.5);
        Tensor dX = device.Full([Tokens, Width], type, 0.5);
        Tensor weight = device.Full([Width], DType.F32, 1);
        Tensor dW = device.Full([Width], DType.F32, 1);
        Tensor rstd = device.Empty([Tokens, 1], DType.F32);
        Rate($"{type} rms norm", 2, x, () => backend.TryRmsNorm(x, weight, 1e-5, 0, y, rstd));
        Rate($"{type} rms norm gradient", 3, x, () => backend.TryRmsNormGradient(x, weight, 0, rstd, y, dX, false, dW, false));
        Rate($"{type} add", 3, x, () => backend.Zip(ZipKind.Add, x, y, dX));
        Rate($"{type} axpy", 3, x, () => backend.Axpy(0.5, x, 0.5, dX));
        Tensor gate = device.Full([Tokens, Inner], type, 0.5);
        Tensor up = device.Full([Tokens, Inner], type, 0.5);
        Tensor dGate = device.Full([Tokens, Inner], type, 0.5);
        Tensor dUp = device.Full([Tokens, Inner], type, 0.5);
        Rate($"{type} swiglu", 3, gate, () => backend.TrySwiGlu(gate, up, dGate));
        Rate($"{type} swiglu gradient", 5, gate, () => backend.TrySwiGluGradient(gate, up, gate, dGate, false, dUp, false));
        Rate($"{type} gelu", 2, gate, () => backend.Map(MapKind.Gelu, gate, up, 0));
        Rate($"{type} dropout", 2, gate, () => backend.Dropout(gate, up, 0.1, new RandomState(1, 0), false));
        Rate($"{type} sum of squares", 1, gate, () => backend.Reduce(ReduceKind.SumOfSquares, gate, device.View(rstd, [1, 1], [1, 1], 0)));
        Tensor heads = device.View(x, [Tokens, 9, 64], [Width, 64, 1], 0);
        Tensor rotated = device.View(y, [Tokens, 9, 64], [Width, 64, 1], 0);
        Tensor table = device.Full([Tokens, 32], DType.F32, 0.5);
        Tensor positions = device.From(Enumerable.Range(0, Tokens).ToArray(), [Tokens]);
        Rate($"{type} rope", 2, x, () => backend.TryRope(heads, table, table, positions, false, false, rotated, false));
        Tensor logits = device.Full([85, 49152], type, 0.5);
        Tensor labels = device.From(new int[85], [85]);
        Tensor losses = device.Empty([85], DType.F32);
        Rate($"{type} cross entropy with gradient", 2, logits, () => backend.TryCrossEntropy(logits, labels, losses, true));
    }

    private static void Optimizer(Device device)
    {
        Tensor[] state = [.. Enumerable.Range(0, 4).Select(_ => device.Full([4 << 20], DType.F32, 0.5))];
        var step = new AdamWStep(1e-3, 0.9, 0.999, 1e-8, 0.1, 1, 1);
        Rate("F32 AdamW", 7, state[0], () => device.Backend.TryAdamW([new AdamWUpdate(state[0], state[1], state[2], state[3], step)]));
    }

    /// <summary>Counts the products of the visible half of causal attention: 2 forward, 5 backward.</summary>
    private static void Attention(Device device, DType type, int queries, int keys)
    {
        const int Heads = 9;
        const int Groups = 3;
        const int Size = 64;
        IBackend backend = device.Backend;
        Tensor q = Noise(device, [queries, Heads, Size], type);
        Tensor k = Noise(device, [keys, Groups, Size], type);
        Tensor v = Noise(device, [keys, Groups, Size], type);
        Tensor y = Noise(device, [queries, Heads, Size], type);
        Tensor dQ = device.Empty(q.Shape, type);
        Tensor dK = device.Empty(k.Shape, type);
        Tensor dV = device.Empty(v.Shape, type);
        Tensor statistics = device.Empty([queries, Heads, 2], DType.F32);
        var layout = new AttentionLayout(device.From([0, queries], [2]), device.From([0], [1]), device.From([keys], [1]));
        var options = new AttentionOptions(1 / Math.Sqrt(Size));
        double product = 2.0 * queries * keys * Heads * Size * (queries == 1 ? 1 : 0.5);
        double seconds = Best(() => backend.TryAttention(q, k, v, layout, options, y, statistics));
        double bytes = 2.0 * keys * Groups * Size * type.SizeInBytes;
        Console.WriteLine($"  {type} attention {queries} x {keys}: {seconds * 1e6,8:F1} us, {2 * product / seconds / 1e9:F0} GFLOP/s, keys and values {bytes / seconds / 1e9:F1} GB/s");
        if (queries > 1)
        {
            seconds = Best(() => backend.TryAttentionGradient(q, k, v, layout, options, y, statistics, y, dQ, false, dK, false, dV, false));
            Console.WriteLine($"  {type} attention gradient {queries} x {keys}: {seconds * 1e6,8:F1} us, {5 * product / seconds / 1e9:F0} GFLOP/s");
        }
    }

    private static Tensor Noise(Device device, in Shape shape, DType type)
    {
        var random = new Random(1);
        var values = new float[shape.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = random.NextSingle() - 0.5f;
        }

        return device.From(values, shape).Cast(type);
    }

    private static void Rate(string name, int passes, Tensor x, Action action)
    {
        double seconds = Best(action);
        double bytes = (double)passes * x.Count * x.DType.SizeInBytes;
        Console.WriteLine($"  {name}: {seconds * 1e6,8:F1} us, {bytes / seconds / 1e9:F1} GB/s");
    }

    /// <summary>The shortest time of a call, or the mean processor time where that is less: another process may have had the core.</summary>
    private static double Best(Action action)
    {
        action();
        double best = double.MaxValue;
        int calls = 0;
        TimeSpan before = Environment.CpuUsage.TotalTime;
        long end = Stopwatch.GetTimestamp() + (Stopwatch.Frequency * 3 / 10);
        while (Stopwatch.GetTimestamp() < end || calls < 4)
        {
            long start = Stopwatch.GetTimestamp();
            action();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
            calls++;
        }

        return Math.Min(best, (Environment.CpuUsage.TotalTime - before).TotalSeconds / calls);
    }
}
