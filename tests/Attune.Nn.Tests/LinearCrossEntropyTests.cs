using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Testing;

namespace Attune.Nn.Tests;

/// <summary>The loss in chunks against the one over the matrix of all logits, with so many logits that there are several chunks.</summary>
public sealed class LinearCrossEntropyTests
{
    private const int Rows = 150;
    private const int Width = 4;
    private const int Vocabulary = 60_000;

    [Fact]
    public void Chunks_equal_the_whole()
    {
        using IDisposable? backend = TestBackends.Create("cpu") as IDisposable;
        using var device = new Device((IBackend)backend!);
        var random = new Random(7);
        Tensor hidden = Make(device, random, [Rows, Width]);
        Tensor weight = Make(device, random, [Vocabulary, Width]);
        Tensor bias = Make(device, random, [Vocabulary]);
        int[] labels = [.. Enumerable.Range(0, Rows).Select(_ => random.Next(Vocabulary))];
        var head = new Linear("head", new DenseWeight(weight, DType.F32, trainable: true, training: true), new Parameter("head.bias", bias));
        var transform = new LogitTransform(1.5, Softcap: 2);

        double chunked = Run(device, labels, ids => LinearCrossEntropy.Sum(hidden, head, ids, transform));
        float[][] actual = Gradients(hidden, weight, bias);
        double whole = Run(device, labels, ids => transform.Apply(head.Forward(hidden)).CrossEntropy(ids).Sum());
        float[][] expected = Gradients(hidden, weight, bias);

        Assert.Equal(whole, chunked, 1e-5 * whole);
        for (int i = 0; i < expected.Length; i++)
        {
            GoldenArrays.Close(expected[i], actual[i], 1e-5 * Math.Max(1, GoldenArrays.LargestAbsolute(expected[i])), $"gradient {i}");
        }
    }

    private static Tensor Make(Device device, Random random, Shape shape)
    {
        Tensor tensor = device.Persistent(shape, DType.F32);
        tensor.CopyFrom<float>([.. Enumerable.Range(0, (int)shape.Count).Select(_ => (float)((2 * random.NextDouble()) - 1))]);
        tensor.RequiresGrad = true;
        return tensor;
    }

    private static double Run(Device device, int[] labels, Func<Tensor, Tensor> loss)
    {
        using StepScope scope = device.Scope();
        Tensor sum = loss(device.From(labels, [labels.Length]));
        device.Tape.Backward(sum);
        return sum.Item();
    }

    /// <summary>The gradients, which start from nothing again.</summary>
    private static float[][] Gradients(params Tensor[] tensors) => [.. tensors.Select(tensor =>
    {
        float[] gradient = tensor.Grad!.ToArray();
        tensor.ZeroGrad();
        return gradient;
    })];
}
