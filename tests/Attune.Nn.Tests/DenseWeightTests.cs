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
