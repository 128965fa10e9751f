using Attune.Tensors.Backends;

namespace Attune.Tensors.Tests;

/// <summary>Random chains of views against a list of places kept beside them.</summary>
public sealed class ViewTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Views_of_views_read_and_collect_at_the_right_places(int seed)
    {
        using var device = new Device(new ReferenceBackend());
        var random = new Random(seed);
        for (int round = 0; round < 60; round++)
        {
            Shape start = [random.Next(1, 4), random.Next(1, 5), random.Next(1, 4)];
            Tensor x = device.From([.. Enumerable.Range(0, (int)start.Count).Select(i => (float)i)], start);
            x.RequiresGrad = true;
            Check(device, random, x);
            device.Release(x);
        }
    }

    [Fact]
    public void Empty_tensors_are_contiguous_whatever_their_strides()
    {
        using var device = new Device(new ReferenceBackend());
        using StepScope scope = device.Scope();
        Tensor x = device.Empty([3, 0], DType.F32);
        Assert.True(x.IsContiguous);
        Assert.True(x.Transpose().IsContiguous);
        x.CopyFrom<float>([]);
        Assert.Empty(x.ToArray());
    }

    [Fact]
    public void The_default_shape_is_that_of_a_scalar()
    {
        Assert.Equal(1, default(Shape).Count);
        Assert.Equal([], default(Shape));
    }

    private static void Check(Device device, Random random, Tensor x)
    {
        using StepScope scope = device.Scope();
        Tensor y = x;
        var places = new Places(x.Shape, [.. Enumerable.Range(0, (int)x.Count)]);
        string chain = x.Shape.ToString();
        for (int step = 0; step < 6; step++)
        {
            (y, places, string name) = Next(random, y, places);
            chain += " " + name;
            Assert.Equal(places.Shape, y.Shape);
            Assert.True(places.At.Select(place => (float)place).SequenceEqual(y.ToArray()), chain);
        }

        float[] weights = [.. places.At.Select(_ => (float)random.Next(-4, 5))];
        device.Tape.Backward(y.Mul(device.From(weights, y.Shape)).Sum());
        var expected = new float[x.Count];
        for (int i = 0; i < weights.Length; i++)
        {
            expected[places.At[i]] += weights[i];
        }

        Assert.True(expected.SequenceEqual(x.Grad!.ToArray()), chain);
    }

    private static (Tensor Y, Places Places, string Name) Next(Random random, Tensor y, Places places)
    {
        int dimension = random.Next(y.Shape.Rank);
        int extent = (int)y.Shape[dimension];
        switch (random.Next(5))
        {
            case 0:
                int other = random.Next(y.Shape.Rank);
                return (y.Transpose(dimension, other), places.Swap(dimension, other), $"transpose {dimension} {other}");
            case 1:
                int start = random.Next(extent);
                int length = random.Next(1, extent - start + 1);
                return (y.Narrow(dimension, start, length), places.Narrow(dimension, start, length), $"narrow {dimension} {start} {length}");
            case 2:
                return (y.Reshape(extent, -1, 1), new Places([extent, y.Count / extent, 1], places.At), "reshape");
            case 3 when extent == 1:
                return (y.Expand(y.Shape.With(dimension, 3)), places.Repeat(dimension, 3), $"expand {dimension}");
            default:
                return (y.Concat(y, dimension), places.Twice(dimension), $"concat {dimension}");
        }
    }

    /// <summary>Where each element of a view came from.</summary>
    private sealed record Places(Shape Shape, int[] At)
    {
        public Places Swap(int a, int b) => Select(Shape.With(a, Shape[b]).With(b, Shape[a]), index => (index[a], index[b]) = (index[b], index[a]));

        public Places Narrow(int dimension, int start, int length) => Select(Shape.With(dimension, length), index => index[dimension] += start);

        public Places Repeat(int dimension, int times) => Select(Shape.With(dimension, times), index => index[dimension] = 0);

        public Places Twice(int dimension) => Select(Shape.With(dimension, 2 * Shape[dimension]), index => index[dimension] %= Shape[dimension]);

        /// <summary>Elements of a new shape, each found at an index of this one.</summary>
        private Places Select(Shape shape, Action<long[]> toHere)
        {
            var at = new int[shape.Count];
            for (int i = 0; i < at.Length; i++)
            {
                var index = new long[shape.Rank];
                long rest = i;
                for (int d = shape.Rank - 1; d >= 0; d--)
                {
                    index[d] = rest % shape[d];
                    rest /= shape[d];
                }

                toHere(index);
                at[i] = At[Shape.ToArray().Select((extent, d) => (extent, index[d])).Aggregate(0L, (place, part) => (place * part.extent) + part.Item2)];
            }

            return new Places(shape, at);
        }
    }
}
