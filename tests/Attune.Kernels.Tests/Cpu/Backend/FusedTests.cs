using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Tests.Cpu.Backend;

/// <summary>Operations with a fused form: the whole operation with its gradient, on the reference made of primitives.</summary>
public sealed class FusedTests
{
    private static readonly DType[] Types = [DType.F32, DType.BF16];
    private static readonly long[] Widths = [1, 15, 16, 17, 577, 2100];

    [Fact]
    public void Softmax_agrees()
    {
        foreach (DType dtype in Types)
        {
            foreach (long width in Widths)
            {
                Backends.Agree(
                    device => WithGradients(device, x => x[0].Softmax(), device.Uniform([37, width], dtype, 1, 10)), 3 * Data.Unit(dtype) + 1e-6, dtype == DType.F32 ? 1e-6 : 0.03);
            }
        }

        float[] rows = [0, float.NegativeInfinity, 1, 1, 100, 200, float.NaN, 0, 0];
        Backends.Agree(device => device.From(rows, [3, 3]).Softmax(), 1e-6, 1e-37);
    }

    [Fact]
    public void RmsNorm_agrees()
    {
        foreach (DType dtype in Types)
        {
            foreach (double offset in new double[] { 0, 1 })
            {
                foreach (long width in Widths)
                {
                    Backends.Agree(
                        device => WithGradients(
                            device, x => x[0].RmsNorm(x[1], 1e-5, offset), device.Uniform([width > 1000 ? 9 : 61, width], dtype), device.Uniform([width], DType.F32, 2)),
                        3 * Data.Unit(dtype) + 1e-6,
                        dtype == DType.F32 ? 1e-5 : 0.03);
                }
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rope_agrees(bool interleaved)
    {
        foreach (DType dtype in Types)
        {
            foreach ((int size, int pairs) in new[] { (64, 32), (64, 16), (10, 5), (11, 4), (128, 64) })
            {
                Backends.Agree(
                    device => WithGradients(
                        device,
                        x => x[0].Rope(device.Uniform([9, pairs], DType.F32, 5, 1), device.Uniform([9, pairs], DType.F32, 6, 1), device.From([8, 0, 3, 3, 1], [5]), interleaved),
                        device.Uniform([5, 3, size], dtype)),
                    2 * Data.Unit(dtype),
                    dtype == DType.F32 ? 5e-7 : 0.01);
            }
        }
    }

    [Fact]
    public void SwiGlu_agrees()
    {
        foreach (DType dtype in Types)
        {
            foreach (long size in Data.Sizes)
            {
                Backends.Agree(
                    device => WithGradients(device, x => x[0].SwiGlu(x[1]), device.Uniform([size], dtype, 1, 6), device.Uniform([size], dtype, 2)),
                    4 * Data.Unit(dtype) + 6e-7,
                    dtype == DType.F32 ? 1e-6 : 0.06);
            }
        }
    }

    [Fact]
    public void CrossEntropy_agrees()
    {
        foreach (DType dtype in Types)
        {
            foreach (int width in new[] { 1, 15, 17, 1000, 50_001 })
            {
                int rows = width > 1000 ? 3 : 23;
                int[] labels = [.. Enumerable.Range(0, rows).Select(i => i * 7919 % width)];
                Backends.Agree(
                    device =>
                    {
                        Tensor logits = device.Uniform([rows, width], dtype, 1, 12);
                        Tensor losses = device.Empty([rows], DType.F32);
                        CrossEntropyOp.Evaluate(logits, device.From(labels, [rows]), losses, gradient: true);
                        return [losses, logits];
                    },
                    Data.Unit(dtype) + 2e-6,
                    1e-6);
            }
        }
    }

    [Fact]
    public void CrossEntropy_without_gradient_leaves_the_logits()
    {
        using var device = new Device(Backends.Fastest);
        using StepScope scope = device.Scope();
        Tensor logits = device.Uniform([5, 100], DType.BF16);
        float[] before = logits.ToArray();
        Tensor losses = device.Empty([5], DType.F32);
        Assert.True(device.Backend.TryCrossEntropy(logits, device.From([0, 1, 2, 3, 4], [5]), losses, gradient: false));
        Assert.Equal(before, logits.ToArray());
        Assert.Throws<TensorException>(() => device.Backend.TryCrossEntropy(logits, device.From([0, 1, 2, 3, 100], [5]), losses, gradient: true));
    }

    [Fact]
    public void AdamW_follows_its_definition()
    {
        var step = new AdamWStep(1e-2, 0.9, 0.95, 1e-8, 0.1, 3, 0.5);
        foreach (CpuBackend backend in Backends.All)
        {
            foreach (long size in Data.Sizes)
            {
                using var device = new Device(backend);
                using StepScope scope = device.Scope();
                Tensor[] state = [device.Uniform([size], DType.F32, 1), device.Uniform([size], DType.F32, 2), device.Uniform([size], DType.F32, 3), device.Uniform([size], DType.F32, 4).Abs()];
                float[][] old = [.. state.Select(tensor => tensor.ToArray())];
                Assert.True(backend.TryAdamW([new AdamWUpdate(state[0], state[1], state[2], state[3], step)]));
                float[][] now = [.. state.Select(tensor => tensor.ToArray())];
                for (int i = 0; i < size; i++)
                {
                    double g = old[1][i] * step.GradientScale;
                    double m = (step.Beta1 * old[2][i]) + ((1 - step.Beta1) * g);
                    double v = (step.Beta2 * old[3][i]) + ((1 - step.Beta2) * g * g);
                    double p = old[0][i] * (1 - (step.LearningRate * step.WeightDecay));
                    p -= step.LearningRate * m / (1 - Math.Pow(step.Beta1, 3)) / (Math.Sqrt(v / (1 - Math.Pow(step.Beta2, 3))) + step.Epsilon);
                    Assert.Equal(m, now[2][i], 4e-7);
                    Assert.Equal(v, now[3][i], 4e-7);
                    Assert.Equal(p, now[0][i], 1e-6);
                    Assert.Equal(old[1][i], now[1][i]);
                }
            }
        }
    }

    /// <summary>The result of an operation and the gradients of its inputs, collected twice so that the second pass accumulates.</summary>
    private static Tensor[] WithGradients(Device device, Func<Tensor[], Tensor> operation, params Tensor[] values)
    {
        Tensor[] inputs = [.. values.Select(value => Parameter(device, value))];
        Tensor y = operation(inputs);
        for (int pass = 0; pass < 2; pass++)
        {
            Tensor loss = operation(inputs).Cast(DType.F32).Mul(device.Uniform(y.Shape, DType.F32, 99)).Sum();
            device.Tape.Backward(loss);
        }

        Tensor[] results = [y, .. inputs.Select(input => device.From(input.Grad!.ToArray(), input.Shape))];
        Array.ForEach(inputs, device.Release);
        return results;
    }

    private static Tensor Parameter(Device device, Tensor value)
    {
        Tensor parameter = device.Persistent(value.Shape, value.DType);
        device.Backend.Copy(value, parameter);
        parameter.RequiresGrad = true;
        return parameter;
    }
}
