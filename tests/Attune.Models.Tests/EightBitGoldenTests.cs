using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Testing;

namespace Attune.Models.Tests;

/// <summary>Frozen weights in 8 bits beside the reference's row-wise rounding.</summary>
public sealed class EightBitGoldenTests
{
    [Fact]
    [Trait("Category", "Golden")]
    public void Weights_are_rounded_as_by_the_reference()
    {
        using SafetensorsFile golden = SafetensorsFile.Open(Path.Combine(Goldens.Require("training", "quant", "int8"), "int8.safetensors"));
        IBackend backend = TestBackends.Create("cpu");
        using (var device = new Device(backend))
        {
            using StepScope scope = device.Scope();
            Tensor values = device.Persistent([24, 64], DType.F32);
            values.CopyFrom<float>(golden.ReadFloat32("weight"));
            using var weight = new DenseWeight(values, DType.F32, trainable: false, training: true, in8Bit: true);
            Assert.All(
                weight.Dequantize().ToArray().Zip(golden.ReadFloat32("row_absmax.dequantised")), pair => Assert.Equal(pair.Second, pair.First, Math.Abs(pair.Second) * 3e-7));
        }

        (backend as IDisposable)?.Dispose();
    }
}
