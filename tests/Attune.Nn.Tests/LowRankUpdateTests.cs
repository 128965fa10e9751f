using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Testing;
using static Attune.Nn.Tests.UpdatedLayers;

namespace Attune.Nn.Tests;

/// <summary>Low-rank updates of a linear layer: those that go with its product, those beside it, and their gradients.</summary>
public sealed class LowRankUpdateTests
{
    private const int Rows = 37;
    private const int In = 48;
    private const int Out = 70;

    [Theory]
    [InlineData(DType.F32, 0)]
    [InlineData(DType.F32, 0.3)]
    [InlineData(DType.BF16, 0)]
    [InlineData(DType.BF16, 0.3)]
    public void Backends_agree_in_outputs_and_gradients(DType compute, double dropout)
    {
        float[][] expected = Run("reference", compute, [(16, dropout), (3, dropout)]);
        float[][] actual = Run("cpu", compute, [(16, dropout), (3, dropout)]);
        double tolerance = compute == DType.F32 ? 2e-6 : 0.02;
        for (int i = 0; i < expected.Length; i++)
        {
            double largest = expected[i].Max(Math.Abs);
            Assert.All(expected[i].Zip(actual[i]), pair => Assert.Equal(pair.First, pair.Second, tolerance * largest));
        }
    }

    [Theory]
    [InlineData("reference")]
    [InlineData("cpu")]
    public void An_update_is_the_same_beside_the_weight_as_in_it(string backendName)
    {
        IBackend backend = TestBackends.Create(backendName);
        using (var device = new Device(backend))
        using (StepScope scope = device.Scope())
        {
            UpdateAdapter first = new(Update(device, (16, 0)));
            UpdateAdapter second = new(Update(device, (3, 0)));
            Linear layer = Layer(device, DType.F32);
            layer.Adapters.Add(first);
            layer.Adapters.Add(second);
            Tensor x = Numbers(device, 5, Rows, In);
            float[] beside = layer.Forward(x).ToArray();

            Tensor weight = layer.Weight.Dequantize();
            foreach (LowRankUpdate update in new[] { first.Update, second.Update })
            {
                weight = weight.Add(update.B.MatMul(update.A).Affine(update.Scaling));
            }

            float[] within = x.MatMul(weight.Transpose()).Add(layer.Bias!.Value!).ToArray();
            double largest = within.Max(Math.Abs);
            Assert.All(beside.Zip(within), pair => Assert.Equal(pair.Second, pair.First, 2e-6 * largest));
        }

        (backend as IDisposable)?.Dispose();
    }

    private static float[][] Run(string backendName, DType compute, IReadOnlyList<(int Rank, double Dropout)> updates)
    {
        IBackend backend = TestBackends.Create(backendName);
        try
        {
            using var device = new Device(backend) { IsTraining = true };
            using StepScope scope = device.Scope();
            Linear layer = Layer(device, compute);
            foreach ((int, double) factors in updates)
            {
                layer.Adapters.Add(new UpdateAdapter(Update(device, factors)));
            }

            Tensor x = Numbers(device, 5, Rows, In);
            x.RequiresGrad = true;
            Tensor residual = Numbers(device, 6, Rows, Out);
            Tensor y = layer.Forward(x.Cast(compute), residual);
            device.Tape.Backward(y.Mul(Numbers(device, 7, Rows, Out)).Sum());
            return
            [
                y.ToArray(),
                x.Grad!.ToArray(),
                .. layer.Adapters.SelectMany(adapter => new[] { adapter.Update!.A.Grad!.ToArray(), adapter.Update.B.Grad!.ToArray() }),
            ];
        }
        finally
        {
            (backend as IDisposable)?.Dispose();
        }
    }

    private static LowRankUpdate Update(Device device, (int Rank, double Dropout) factors)
    {
        Tensor a = TrainedNumbers(device, factors.Rank, factors.Rank, In);
        Tensor b = TrainedNumbers(device, factors.Rank + 1, Out, factors.Rank);
        return new LowRankUpdate(a, b, 0.5, factors.Dropout);
    }

    private static Linear Layer(Device device, DType compute)
    {
        Tensor bias = Numbers(device, 9, 1, Out).Reshape(Out);
        return new Linear("layer", new DenseWeight(KeptNumbers(device, 8, Out, In), compute, trainable: false, training: true), new Parameter("layer.bias", bias));
    }
}
