using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Testing;

namespace Attune.Nn.Tests;

/// <summary>When weights are packed, and what they hold.</summary>
public sealed class DenseWeightTests
{
    [Theory]
    [InlineData("reference", false)]
    [InlineData("cpu", false)]
    [InlineData("cpu", true)]
    public void A_shared_weight_is_packed_by_its_first_product(string backendName, bool trainable)
    {
        IBackend backend = TestBackends.Create(backendName);
        using (var device = new Device(backend))
        {
            using var shared = new DenseWeight(Values(device, 1), DType.F32, trainable, training: true, keepValues: true);
            using var own = new DenseWeight(Values(device, 1), DType.F32, trainable, training: true);
            Assert.Equal(0, shared.Bytes);
            Assert.True(own.Bytes > 0);
            Assert.Equal(Product(device, own), Product(device, shared));
            Assert.Equal(backendName == "cpu", shared.Bytes > 0);

            // What others do to the values is seen by the next product.
            shared.Master!.CopyFrom<float>(Numbers(2));
            using var changed = new DenseWeight(Values(device, 2), DType.F32, trainable, training: true);
            Assert.Equal(Product(device, changed), Product(device, shared));
        }

        (backend as IDisposable)?.Dispose();
    }

    [Fact]
    public void A_frozen_weight_in_8_bits_takes_a_quarter_and_multiplies_both_ways()
    {
        IBackend backend = TestBackends.Create("cpu");
        using (var device = new Device(backend))
        {
            using StepScope scope = device.Scope();
            float[] numbers = [.. Enumerable.Range(0, 256 * 512).Select(i => MathF.Sin(i * 0.7f))];
            using DenseWeight plain = Weight(device, numbers, in8Bit: false);
            using DenseWeight codes = Weight(device, numbers, in8Bit: true);
            Assert.Null(codes.Master);
            Assert.InRange(codes.Bytes, plain.Bytes / 4, plain.Bytes / 4 * 1.1);
            Assert.All(codes.Dequantize().ToArray().Zip(numbers), pair => Assert.Equal(pair.Second, pair.First, 0.51 / 127));

            Tensor x = device.From([.. Enumerable.Range(0, 3 * 512).Select(i => MathF.Cos(i * 0.3f))], [3, 512]);
            Tensor upstream = device.From([.. Enumerable.Range(0, 3 * 256).Select(i => MathF.Cos(i * 0.9f))], [3, 256]);
            Tensor dX = device.Empty([3, 512], DType.F32);
            Tensor expected = device.Empty([3, 512], DType.F32);
            codes.BackwardInput(upstream, dX, accumulate: false);
            plain.BackwardInput(upstream, expected, accumulate: false);
            Assert.All(dX.ToArray().Zip(expected.ToArray()), pair => Assert.Equal(pair.Second, pair.First, 0.2));
            Assert.All(codes.Forward(x, null, null).ToArray().Zip(plain.Forward(x, null, null).ToArray()), pair => Assert.Equal(pair.Second, pair.First, 0.2));

            // A merged weight is exact again.
            Tensor values = device.Persistent([256, 512], DType.F32);
            values.CopyFrom<float>(numbers);
            using DenseWeight merged = codes.CreateDense(values, trainable: false);
            Assert.Equal(numbers, merged.Dequantize().ToArray());
        }

        (backend as IDisposable)?.Dispose();
    }

    [Fact]
    public void A_trained_weight_is_never_in_8_bits()
    {
        IBackend backend = TestBackends.Create("cpu");
        using (var device = new Device(backend))
        {
            using var weight = new DenseWeight(Values(device, 1), DType.F32, trainable: true, training: true, in8Bit: true);
            Assert.Equal(Numbers(1), weight.Dequantize().ToArray());
        }

        (backend as IDisposable)?.Dispose();
    }

    private static DenseWeight Weight(Device device, float[] numbers, bool in8Bit)
    {
        Tensor values = device.Persistent([256, 512], DType.F32);
        values.CopyFrom<float>(numbers);
        return new DenseWeight(values, DType.F32, trainable: false, training: true, in8Bit: in8Bit);
    }

    private static Tensor Values(Device device, int seed)
    {
        Tensor values = device.Persistent([5, 3], DType.F32);
        values.CopyFrom<float>(Numbers(seed));
        return values;
    }

    private static float[] Numbers(int seed) => [.. Enumerable.Range(0, 15).Select(i => MathF.Sin(seed + i))];

    private static float[] Product(Device device, DenseWeight weight)
    {
        using StepScope scope = device.Scope();
        return weight.Forward(device.From([1f, 2, 3, 4, 5, 6], [2, 3]), bias: null, residual: null).ToArray();
    }
}
