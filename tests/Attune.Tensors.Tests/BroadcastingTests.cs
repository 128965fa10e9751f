using Attune.Tensors.Backends;

namespace Attune.Tensors.Tests;

/// <summary>Gradients of broadcast arithmetic against sums over all places that read an element.</summary>
public sealed class BroadcastingTests
{
    [Fact]
    public void Gradients_are_summed_over_repeated_dimensions()
    {
        using var device = new Device(new ReferenceBackend());
        var random = new Random(5);
        for (int round = 0; round < 100; round++)
        {
            long[] full = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => (long)random.Next(0, 4))];
            Tensor x = Parameter(device, random, Shrunk(random, full));
            Tensor y = Parameter(device, random, Shrunk(random, full));
            using (device.Scope())
            {
                Tensor product = x.Mul(y);
                float[] weights = [.. Enumerable.Range(0, (int)product.Count).Select(_ => (float)random.Next(-4, 5))];
                float[] wide = y.Expand(product.Shape).ToArray();
                device.Tape.Backward(product.Mul(device.From(weights, product.Shape)).Sum());
                var expected = new float[x.Count];
                for (int i = 0; i < weights.Length; i++)
                {
                    expected[PlaceIn(x.Shape, product.Shape, i)] += weights[i] * wide[i];
                }

                Assert.Equal(expected, x.Grad!.ToArray());
            }

            device.Release(x);
            device.Release(y);
        }
    }

    /// <summary>A shape that broadcasts to another one: some extents 1, some leading ones left out.</summary>
    private static Shape Shrunk(Random random, long[] full) => new([.. full.Skip(random.Next(full.Length)).Select(extent => random.Next(3) == 0 ? 1 : extent)]);

    private static long PlaceIn(Shape shape, Shape full, long index)
    {
        long place = 0;
        long stride = 1;
        for (int i = 1; i <= full.Rank; i++)
        {
            long at = index % full[^i];
            index /= full[^i];
            if (i <= shape.Rank)
            {
                place += shape[^i] == 1 ? 0 : at * stride;
                stride *= shape[^i];
            }
        }

        return place;
    }

    private static Tensor Parameter(Device device, Random random, Shape shape)
    {
        Tensor x = device.From([.. Enumerable.Range(0, (int)shape.Count).Select(_ => (float)random.Next(-4, 5))], shape);
        x.RequiresGrad = true;
        return x;
    }
}
