using Attune.Nn.FeedForward;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Nn.Tests.FeedForward;

/// <summary>The choice of experts made by operations alone is the one made on the host.</summary>
public sealed class RouterTests
{
    private const int Experts = 8;
    private const int Width = 5;
    private const int Rows = 40;

    [Theory]
    [InlineData(1, 1, 1, false, false)]
    [InlineData(3, 1, 1, true, false)]
    [InlineData(8, 1, 1, false, true)]
    [InlineData(2, 4, 2, true, true)]
    [InlineData(4, 2, 1, true, true)]
    [InlineData(3, 8, 5, false, true)]
    public void Weights_of_all_experts_are_those_of_the_chosen_ones(int topK, int groups, int topGroups, bool sigmoid, bool normalise)
    {
        using var device = new Device(new ReferenceBackend());
        using StepScope scope = device.Scope();
        using var pause = device.Tape.Pause();
        Router router = Create(device, new RouterOptions { TopK = topK, Groups = groups, TopGroups = topGroups, Sigmoid = sigmoid, Normalise = normalise, Scale = 1.5 });
        Tensor x = device.From(Numbers(3, Rows * Width), [Rows, Width]);
        Routing routing = router.Route(x);
        float[] weights = routing.Weights.ToArray();
        int[] choices = routing.Choices.ToInt32Array();
        var expected = new float[Rows * Experts];
        int next = 0;
        for (int expert = 0; expert < Experts; expert++)
        {
            for (int i = 0; i < routing.Counts[expert]; i++, next++)
            {
                expected[(choices[next] / topK * Experts) + expert] = weights[choices[next]];
            }
        }

        float[] found = router.WeighAll(x).ToArray();
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
    }

    [Fact]
    public void Of_equal_experts_the_first_are_chosen()
    {
        using var device = new Device(new ReferenceBackend());
        using StepScope scope = device.Scope();
        Tensor x = device.Zeros([2, Width], DType.F32);
        Router router = Create(device, new RouterOptions { TopK = 2 }, hasCorrection: false);
        float[] weights = router.WeighAll(x).ToArray();
        Assert.Equal([.. Enumerable.Range(0, 2 * Experts).Select(i => i % Experts < 2)], [.. weights.Select(weight => weight > 0)]);
    }

    private static Router Create(Device device, RouterOptions options, bool hasCorrection = true) => new(
        "router", Weight(device, "weight", 1, [Experts, Width]), bias: null, hasCorrection ? Weight(device, "correction", 2, [Experts]) : null, options);

    private static Parameter Weight(Device device, string name, int seed, Shape shape)
    {
        Tensor values = device.Persistent(shape, DType.F32);
        values.CopyFrom<float>(Numbers(seed, (int)shape.Count));
        return new Parameter(name, values);
    }

    private static float[] Numbers(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
    }
}
