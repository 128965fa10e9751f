using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Tests.Cpu.Backend;

public sealed class ReduceTests
{
    public static TheoryData<ReduceKind> Kinds => [.. Enum.GetValues<ReduceKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void All_layouts_agree(ReduceKind kind)
    {
        foreach (DType dtype in new[] { DType.F32, DType.BF16, DType.F16 })
        {
            // Signed terms cancel, so the bound of a sum counts from the rounding errors of its terms, which grow like the root of their number.
            foreach ((Shape from, Shape to) in new (Shape, Shape)[]
            {
                ([40_000], [1]), ([17], [1]), ([1], [1]), ([2, 17_000], [2, 1]), ([300, 19], [300, 1]), ([1100, 19], [1, 19]), ([70, 600], [1, 600]),
                ([4, 1030], [1, 1]), ([3, 50, 70], [3, 1, 70]), ([3, 50, 70], [3, 50, 1]), ([3, 50, 70], [1, 50, 1]), ([3, 50, 70], [1, 1, 70]),
                ([3, 5, 7], [3, 5, 7]), ([3, 4, 5, 6], [1, 4, 1, 6]),
            })
            {
                Backends.Agree(
                    device => [Reduce(kind, device.Uniform(from, dtype), to), Reduce(kind, device.Sparse(from, dtype), to)],
                    Data.Unit(dtype) + 3e-7,
                    kind == ReduceKind.Sum ? Math.Sqrt(from.Count / (double)to.Count) * 1e-6 : 0);
            }
        }
    }

    [Fact]
    public void Sums_of_squares_of_many_numbers_are_accurate() => Backends.Agree(
        device => Reduce(ReduceKind.SumOfSquares, device.Uniform([300_000], DType.F32), [1]), 1.2e-7);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Reductions_of_nothing_and_of_integers_agree(ReduceKind kind)
    {
        Backends.Agree(device => Reduce(kind, device.Uniform([0], DType.F32), [1]), 0);
        Backends.Agree(device => Reduce(kind, device.Uniform([5, 0], DType.F32), [5, 1]), 0);
        Backends.Agree(device => Reduce(kind, device.From([1, -7, 16_777_217, 5], [2, 2]), [2, 1]), 0);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Not_a_number_reaches_the_result(ReduceKind kind) => Backends.Agree(
        device => Reduce(kind, device.From([1f, float.NaN, 2f, 3f, 4f, float.NegativeInfinity], [2, 3]), [2, 1]), 0);

    [Fact]
    public void Reduces_into_another_type() => Backends.Agree(
        device =>
        {
            Tensor y = device.Empty([1, 70], DType.F32);
            device.Backend.Reduce(ReduceKind.Sum, device.Uniform([600, 70], DType.BF16), y);
            return y;
        },
        3e-7,
        6e-6);

    [Fact]
    public void ArgMax_agrees()
    {
        foreach (DType dtype in new[] { DType.F32, DType.BF16 })
        {
            foreach (long size in new long[] { 1, 7, 16, 17, 513, 5000 })
            {
                Backends.Agree(device => ArgMax(device.Uniform([9, size], dtype)), 0);
            }
        }

        float[] rows = [float.NaN, 1, 2, 2, float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity, 0, -0f, 0, 0];
        Backends.Agree(device => ArgMax(device.From(rows, [3, 4])), 0);
        Backends.Agree(device => ArgMax(device.Sparse([5, 40], DType.F32)), 0);
        Backends.Agree(device => ArgMax(device.Full([3, 600], DType.F32, double.NaN)), 0);
    }

    private static Tensor Reduce(ReduceKind kind, Tensor x, in Shape shape)
    {
        Tensor y = x.Device.Empty(shape, x.DType);
        x.Device.Backend.Reduce(kind, x, y);
        return y;
    }

    private static Tensor ArgMax(Tensor x)
    {
        Tensor y = x.Device.Empty([x.Shape[0]], DType.I32);
        x.Device.Backend.ArgMax(x, y);
        return y;
    }
}
