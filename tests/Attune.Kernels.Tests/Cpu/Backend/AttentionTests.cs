using Attune.Tensors;

namespace Attune.Kernels.Tests.Cpu.Backend;

/// <summary>Attention and its gradients, on the reference made of primitives.</summary>
public sealed class AttentionTests
{
    private static readonly int[] Ragged = [5, 32, 1, 0, 70];

    public static TheoryData<string> Masks => ["causal", "all", "window", "half window", "chunk", "softcap", "alibi", "everything"];

    [Theory]
    [MemberData(nameof(Masks))]
    public void Masks_agree(string mask)
    {
        Check(mask, DType.F32, heads: 2, groups: 1, size: 8, valueSize: 8, Ragged, Ragged);
        Check(mask, DType.BF16, heads: 4, groups: 2, size: 16, valueSize: 16, [3, 20], [3, 60]);
    }

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(3, 1, 7, 5)]
    [InlineData(3, 3, 17, 33)]
    [InlineData(6, 2, 64, 64)]
    [InlineData(2, 1, 100, 256)]
    [InlineData(140, 1, 4, 3)]
    public void Sizes_agree(int heads, int groups, int size, int valueSize)
    {
        Check("causal", DType.F32, heads, groups, size, valueSize, [2, 19], [2, 19]);
        Check("causal", DType.BF16, heads, groups, size, valueSize, [2, 19], [2, 19]);
    }

    [Fact]
    public void Long_sequences_agree()
    {
        // More queries than a block has, and more keys than a block has in the forward pass, which then shrinks its sums, and in the backward pass.
        Check("causal", DType.F32, 2, 1, 4, 4, [140], [140]);
        Check("causal", DType.F32, 2, 1, 4, 4, [4], [1100]);
        Check("everything", DType.BF16, 2, 2, 8, 8, [9], [700]);
        Check("all", DType.BF16, 3, 1, 8, 8, [50], [300]);
    }

    [Fact]
    public void Depths_that_fill_the_tiles_of_AMX_agree()
    {
        Check("causal", DType.BF16, 2, 1, 32, 64, [96, 32], [96, 64]);
        Check("window", DType.BF16, 1, 1, 64, 32, [64], [64]);
    }

    [Fact]
    public void Work_that_is_cut_agrees_with_single_heads()
    {
        // Four heads of the long sequence leave more for each other's passes than is kept at a time, one head does not.
        using var device = new Device(Backends.Fastest);
        float[][] whole = LongGradients(device, heads: [4]);
        float[][] parts = LongGradients(device, heads: [1, 1, 1, 1]);
        for (int i = 0; i < whole.Length; i++)
        {
            Backends.Close(parts[i], whole[i], 1e-5, 2e-5, $"gradient {i}");
        }
    }

    /// <summary>The memory of a gradient, and with it where its work is cut, goes with the number of threads.</summary>
    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.BF16)]
    public void Work_that_is_cut_elsewhere_gives_the_same_bits(DType dtype)
    {
        float[][]? expected = null;
        foreach (int threads in new[] { 1, 2, 5 })
        {
            using var backend = new CpuBackend(new CpuBackendOptions { Threads = threads });
            using var device = new Device(backend);
            float[][] found = LongGradients(device, [4], dtype);
            expected ??= found;
            Assert.Equal(expected, found);
        }
    }

    [Fact]
    public void Statistics_make_the_weights_again()
    {
        using var device = new Device(Backends.Fastest);
        using StepScope scope = device.Scope();
        Tensor k = device.From([2f, 4, 3], [3, 1, 1]);
        foreach (int queries in new[] { 1, 5 })
        {
            Tensor q = device.Full([queries, 1, 1], DType.F32, 50);
            Tensor y = device.Empty(q.Shape, DType.F32);
            Tensor statistics = device.Empty([queries, 1, 2], DType.F32);
            var layout = new AttentionLayout(device.From([0, queries], [2]), device.From([0], [1]), device.From([3], [1]));
            Assert.True(device.Backend.TryAttention(q, k, k, layout, new AttentionOptions(0.01), y, statistics));
            float[] last = [2, (float)(1 / (Math.Exp(-1) + 1 + Math.Exp(-0.5)))];
            float[] rows = statistics.ToArray();
            Backends.Close(last, rows[^2..], 1e-6, 0, "last row");
            Assert.All(rows[..Math.Max(0, 2 * (queries - 3))], value => Assert.Equal(0, value));
        }
    }

    [Fact]
    public void Keys_before_the_queries_agree()
    {
        Check("causal", DType.F32, 2, 2, 8, 8, [1, 5, 3], [40, 300, 13]);
        Check("window", DType.F32, 2, 1, 8, 8, [9], [300]);

        // More queries than keys: the first ones see nothing.
        Check("causal", DType.F32, 2, 1, 8, 8, [20, 3], [6, 3]);
    }

    [Theory]
    [MemberData(nameof(Masks))]
    public void Single_queries_agree(string mask)
    {
        Check(mask, DType.F32, 4, 2, 9, 5, [1, 1, 0, 1], [1, 1030, 7, 512]);
        Check(mask, DType.BF16, 3, 1, 16, 16, [1, 1], [40, 530]);

        // Enough partial results for several threads to join them.
        Check(mask, DType.BF16, 12, 4, 32, 32, [1, 1, 1], [900, 2100, 3]);
    }

    [Fact]
    public void Keys_of_several_sequences_or_of_none_agree() => Backends.Agree(
        device =>
        {
            var layout = new AttentionLayout(device.From([0, 4, 9], [3]), device.From([2, 4], [2]), device.From([6, 7], [2]));
            return WithGradients(device, layout, new AttentionOptions(0.3), DType.F32, [9, 2, 8], [14, 1, 8], [14, 1, 8]);
        },
        1e-5,
        4e-6);

    [Fact]
    public void Strided_inputs_agree() => Backends.Agree(
        device =>
        {
            var layout = new AttentionLayout(device.From([0, 30], [2]), device.From([0], [1]), device.From([30], [1]));
            Tensor joint = device.Uniform([30, 4, 24], DType.F32);
            Tensor q = device.View(joint, [30, 4, 8], joint.Strides, 0);
            Tensor k = device.View(joint, [30, 2, 8], joint.Strides, 8);
            Tensor v = device.View(joint, [30, 2, 8], joint.Strides, 16);
            return [q.Attention(k, v, layout, new AttentionOptions(0.3)), q.Attention(k, device.Sparse([30, 2, 8], DType.F32), layout, new AttentionOptions(0.3))];
        },
        1e-5,
        2e-6);

    [Fact]
    public void Large_scores_do_not_overflow()
    {
        Backends.Agree(
            device =>
            {
                var layout = new AttentionLayout(device.From([0, 40], [2]), device.From([0], [1]), device.From([40], [1]));
                return device.Uniform([40, 1, 8], DType.F32, 1, 30).Attention(
                    device.Uniform([40, 1, 8], DType.F32, 2, 30), device.Uniform([40, 1, 8], DType.F32, 3), layout, new AttentionOptions(1));
            },
            1e-4,
            1e-3);
    }

    [Fact]
    public void Layouts_that_do_not_fit_are_refused()
    {
        using var device = new Device(Backends.Fastest);
        using StepScope scope = device.Scope();
        Tensor x = device.Uniform([4, 1, 8], DType.F32);
        foreach ((int[] starts, int first, int length) in new[] { (new[] { 0, 5 }, 0, 4), (new[] { 1, 4 }, 0, 4), (new[] { 0, 4 }, 1, 4), (new[] { 0, 4 }, -1, 4), (new[] { 0, 4 }, 0, -1) })
        {
            var layout = new AttentionLayout(device.From(starts, [2]), device.From([first], [1]), device.From([length], [1]));
            Assert.Throws<TensorException>(() => x.Attention(x, x, layout, new AttentionOptions(1)));
        }
    }

    private static void Check(string mask, DType dtype, int heads, int groups, int size, int valueSize, int[] queries, int[] keys) => Backends.Agree(
        device =>
        {
            int[] queryStarts = [0, .. queries.Select((_, i) => queries.Take(i + 1).Sum())];
            int[] keyStarts = [.. keys.Select((_, i) => keys.Take(i).Sum())];
            var layout = new AttentionLayout(
                device.From(queryStarts, [queryStarts.Length]), device.From(keyStarts, [keys.Length]), device.From(keys, [keys.Length]));
            AttentionOptions options = Options(device, mask, heads, size);
            return WithGradients(
                device, layout, options, dtype, [queries.Sum(), heads, size], [keys.Sum(), groups, size], [keys.Sum(), groups, valueSize]);
        },
        dtype == DType.F32 ? 1e-5 : 0.02,
        dtype == DType.F32 ? 4e-6 : 0.02);

    private static AttentionOptions Options(Device device, string mask, int heads, int size)
    {
        var options = new AttentionOptions(1 / Math.Sqrt(size));
        Tensor slopes = device.Uniform([heads], DType.F32, 9, 0.2);
        return mask switch
        {
            "causal" => options,
            "all" => options with { Causal = false },
            "window" => options with { Window = 9 },
            "half window" => options with { Causal = false, HalfWindow = 5 },
            "chunk" => options with { Chunk = 16 },
            "softcap" => options with { Softcap = 1.5 },
            "alibi" => options with { AlibiSlopes = slopes },
            _ => options with { Window = 20, Softcap = 1.5, AlibiSlopes = slopes },
        };
    }

    /// <summary>The result and the gradients, collected twice so that the second pass accumulates.</summary>
    private static Tensor[] WithGradients(Device device, AttentionLayout layout, AttentionOptions options, DType dtype, params Shape[] shapes)
    {
        Tensor[] inputs = [.. shapes.Select((shape, i) => Parameter(device, device.Uniform(shape, dtype, (ulong)i + 1)))];
        Tensor y = inputs[0].Attention(inputs[1], inputs[2], layout, options);
        for (int pass = 0; pass < 2; pass++)
        {
            Tensor again = inputs[0].Attention(inputs[1], inputs[2], layout, options);
            device.Tape.Backward(again.Cast(DType.F32).Mul(device.Uniform(y.Shape, DType.F32, 99, 1)).Sum(), 0.5);
        }

        Tensor[] results = [y, .. inputs.Select(input => device.From(input.Grad!.ToArray(), input.Shape))];
        Array.ForEach(inputs, device.Release);
        return results;
    }

    /// <summary>Gradients of three sequences, a long one between two short ones, with the heads taken so many at a time.</summary>
    private static float[][] LongGradients(Device device, int[] heads, DType dtype = DType.F32)
    {
        using StepScope scope = device.Scope();
        int total = heads.Sum();
        var layout = new AttentionLayout(device.From([0, 3, 1703, 1708], [4]), device.From([0, 3, 1703], [3]), device.From([3, 1700, 5], [3]));
        Tensor[] inputs =
        [
            Parameter(device, device.Uniform([1708, total, 8], dtype, 1)),
            Parameter(device, device.Uniform([1708, 1, 8], dtype, 2)),
            Parameter(device, device.Uniform([1708, 1, 8], dtype, 3)),
        ];
        Tensor weights = device.Uniform([1708, total, 8], DType.F32, 99, 1);
        int first = 0;
        foreach (int count in heads)
        {
            Tensor y = inputs[0].Narrow(1, first, count).Attention(inputs[1], inputs[2], layout, new AttentionOptions(0.3));
            device.Tape.Backward(y.Cast(DType.F32).Mul(weights.Narrow(1, first, count)).Sum(), 1);
            first += count;
        }

        float[][] gradients = [.. inputs.Select(input => input.Grad!.ToArray())];
        Array.ForEach(inputs, device.Release);
        return gradients;
    }

    private static Tensor Parameter(Device device, Tensor value)
    {
        Tensor parameter = device.Persistent(value.Shape, value.DType);
        device.Backend.Copy(value, parameter);
        parameter.RequiresGrad = true;
        return parameter;
    }
}
