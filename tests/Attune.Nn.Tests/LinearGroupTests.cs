using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Testing;
using static Attune.Nn.Tests.UpdatedLayers;

namespace Attune.Nn.Tests;

/// <summary>Layers that read the same input and have low-rank updates give what each of them gives alone.</summary>
public sealed class LinearGroupTests
{
    private const int Rows = 37;
    private const int In = 48;

    /// <summary>Ranks of the updates of three layers, 0 for none; which outputs the loss depends on; dropout; the second scaling.</summary>
    public static TheoryData<string, DType, int[], bool[], double, double> Cases
    {
        get
        {
            var cases = new TheoryData<string, DType, int[], bool[], double, double>();
            foreach (string backend in new[] { "reference", "cpu" })
            {
                foreach (DType compute in new[] { DType.F32, DType.BF16 })
                {
                    cases.Add(backend, compute, [16, 16, 16], [true, true, true], 0, 0.5);
                    cases.Add(backend, compute, [16, 16], [true, true], 0, 0.5);
                    cases.Add(backend, compute, [3, 20, 5], [true, true, true], 0, 0.5);
                    cases.Add(backend, compute, [16, 0, 8], [true, true, true], 0, 0.5);
                    cases.Add(backend, compute, [0, 8, 16], [true, true, true], 0, 0.5);
                    cases.Add(backend, compute, [0, 0, 16], [true, true, true], 0, 0.5);
                    cases.Add(backend, compute, [8, 8, 8], [false, true, false], 0, 0.5);
                    cases.Add(backend, compute, [8, 0, 8], [false, true, true], 0, 0.5);
                    cases.Add(backend, compute, [8, 8, 8], [true, true, true], 0.3, 0.5);
                    cases.Add(backend, compute, [8, 8, 8], [true, true, true], 0, 0.25);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Each_layer_is_as_alone(string backend, DType compute, int[] ranks, bool[] isUsed, double dropout, double secondScaling)
    {
        float[][] together = Run(backend, compute, ranks, isUsed, dropout, secondScaling, isGroup: true);
        float[][] alone = Run(backend, compute, ranks, isUsed, dropout, secondScaling, isGroup: false);

        // The gradient of x is a sum of several products, whose order differs. The reference does not round A to the precision of products as a group does.
        bool isRounded = backend == "reference" && compute == DType.BF16;
        double tolerance = compute == DType.F32 ? 2e-6 : 0.02;
        Assert.Equal(alone.Length, together.Length);
        for (int i = 0; i < alone.Length; i++)
        {
            Assert.Equal(alone[i].Length, together[i].Length);
            double bound = i == 0 || isRounded ? tolerance * alone[i].Select(Math.Abs).DefaultIfEmpty().Max() : 0;
            Assert.All(alone[i].Zip(together[i]), pair => Assert.Equal(pair.First, pair.Second, bound));
        }
    }

    [Fact]
    public void A_trained_weight_gets_its_gradient()
    {
        using var device = new Device(TestBackends.Create("reference"));
        using StepScope scope = device.Scope();
        Linear[] layers = Layers(device, DType.F32, [4, 4], 0, 0.5, trainable: true);
        Span<Tensor> outputs = [null!, null!];
        Linear.Forward(Numbers(device, 5, Rows, In), layers, outputs);
        device.Tape.Backward(outputs[0].Sum().Add(outputs[1].Sum()));
        Assert.All(layers, layer => Assert.NotNull(layer.Weight.Master!.Grad));
    }

    /// <summary>The gradient of x, the outputs and the gradients of all factors, collected twice.</summary>
    private static float[][] Run(string backendName, DType compute, int[] ranks, bool[] isUsed, double dropout, double secondScaling, bool isGroup)
    {
        IBackend backend = TestBackends.Create(backendName);
        try
        {
            using var device = new Device(backend) { IsTraining = true };
            using StepScope scope = device.Scope();
            Linear[] layers = Layers(device, compute, ranks, dropout, secondScaling, trainable: false);
            Tensor x = Numbers(device, 5, Rows, In);
            x.RequiresGrad = true;
            var outputs = new Tensor[layers.Length];
            for (int pass = 0; pass < 2; pass++)
            {
                Tensor input = x.Cast(compute);
                if (isGroup)
                {
                    Linear.Forward(input, layers, outputs);
                }
                else
                {
                    outputs = [.. layers.Select(layer => layer.Forward(input))];
                }

                Tensor loss = device.Full([], DType.F32, 0);
                for (int i = 0; i < layers.Length; i++)
                {
                    loss = isUsed[i] ? loss.Add(outputs[i].Cast(DType.F32).Mul(Numbers(device, 70 + i, Rows, layers[i].OutFeatures)).Sum()) : loss;
                }

                device.Tape.Backward(loss);
            }

            IEnumerable<Tensor> factors = layers.SelectMany(layer => layer.Adapters).SelectMany(adapter => new[] { adapter.Update!.A, adapter.Update.B });
            return [x.Grad!.ToArray(), .. outputs.Select(output => output.ToArray()), .. factors.Select(factor => factor.Grad?.ToArray() ?? [])];
        }
        finally
        {
            (backend as IDisposable)?.Dispose();
        }
    }

    private static Linear[] Layers(Device device, DType compute, int[] ranks, double dropout, double secondScaling, bool trainable) => [.. ranks.Select((rank, i) =>
    {
        int outputs = 70 + (16 * i);
        var bias = new Parameter($"layer{i}.bias", Numbers(device, 20 + i, 1, outputs).Reshape(outputs));
        var layer = new Linear($"layer{i}", new DenseWeight(KeptNumbers(device, 30 + i, outputs, In), compute, trainable, training: true), bias);
        if (rank > 0)
        {
            layer.Adapters.Add(new UpdateAdapter(new LowRankUpdate(TrainedNumbers(device, 40 + i, rank, In), TrainedNumbers(device, 50 + i, outputs, rank), i == 1 ? secondScaling : 0.5, dropout)));
        }

        return layer;
    })];
}
