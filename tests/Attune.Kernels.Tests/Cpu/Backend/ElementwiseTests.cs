using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Tests.Cpu.Backend;

public sealed class ElementwiseTests
{
    private static readonly DType[] Types = [DType.F32, DType.BF16, DType.F16];

    public static TheoryData<ZipKind> ZipKinds => [.. Enum.GetValues<ZipKind>()];

    [Theory]
    [MemberData(nameof(ZipKinds))]
    public void Zips_agree(ZipKind kind)
    {
        foreach (DType dtype in Types)
        {
            foreach (long size in Data.Sizes)
            {
                Backends.Agree(device => Zip(kind, device.Uniform([size], dtype, 1), device.Uniform([size], dtype, 2)), Data.Unit(dtype));
            }
        }
    }

    [Theory]
    [MemberData(nameof(ZipKinds))]
    public void Zips_of_repeated_and_strided_inputs_agree(ZipKind kind)
    {
        Shape shape = [2, 7, 600];
        foreach (DType dtype in Types)
        {
            Backends.Agree(
                device =>
                [
                    Zip(kind, device.Uniform(shape, dtype, 1), Repeat(device.Uniform([1, 1, 600], dtype, 2), shape)),
                    Zip(kind, Repeat(device.Uniform([1, 7, 1], dtype, 3), shape), device.Sparse(shape, dtype, 4)),
                    Zip(kind, device.Uniform([2, 600, 7], dtype, 5).Transpose(), Repeat(device.Uniform([1, 1, 1], dtype, 6), shape)),
                ],
                Data.Unit(dtype));
        }
    }

    [Theory]
    [MemberData(nameof(ZipKinds))]
    public void Zips_of_integers_are_exact(ZipKind kind) => Backends.Agree(
        device => Zip(kind, device.From([1, -7, 16_777_217, 5], [4]), device.From([3, -7, 16_777_216, 2], [4])), 0);

    [Fact]
    public void Zips_of_special_numbers_agree()
    {
        float[] numbers = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0f, -0f, 1f, -1f];
        float[] left = [.. numbers.SelectMany(x => numbers.Select(_ => x))];
        float[] right = [.. numbers.SelectMany(_ => numbers)];
        foreach (ZipKind kind in Enum.GetValues<ZipKind>())
        {
            Backends.Agree(device => Zip(kind, device.From(left, [49]), device.From(right, [49])), 1e-7);
        }
    }

    [Fact]
    public void Copies_convert()
    {
        foreach (DType from in Types)
        {
            foreach (DType to in Types)
            {
                foreach (long size in Data.Sizes)
                {
                    Backends.Agree(device => Copied(device.Uniform([size], from), to), 0);
                }

                Backends.Agree(device => Copied(device.Sparse([5, 19, 21], from), to), 0);
                Backends.Agree(device => Copied(device.Uniform([300, 70], from).Transpose(), to), 0);
            }
        }
    }

    [Fact]
    public void Copies_of_special_numbers_agree()
    {
        float[] values = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, -0f, 1e-40f, 3.4e38f, 1.00390625f, 1.01171875f, 65519f, 65520f];
        Backends.Agree(device => Copied(device.From(values, [10]), DType.BF16), 0);
        Backends.Agree(device => Copied(device.From(values, [10]), DType.F16), 0);
    }

    [Fact]
    public void Copies_between_integers_are_exact()
    {
        Backends.Agree(device => Copied(device.From<long>([1, -5, 1L << 40], [3], DType.I64), DType.F64), 0);
        Backends.Agree(device => Copied(device.From([1, -5, 3], [3]), DType.I64), 0);
        Backends.Agree(device => Copied(device.From<byte>([1, 0, 1], [3], DType.Bool), DType.F32), 0);
        using var own = new Device(Backends.Fastest);
        using StepScope scope = own.Scope();
        var values = new long[4];
        Tensor strided = own.From<long>([long.MaxValue, 1, long.MaxValue - 1, 2], [2, 2], DType.I64).Transpose();
        Copied(strided, DType.I64).CopyTo(values.AsSpan());
        Assert.Equal([long.MaxValue, long.MaxValue - 1, 1, 2], values);
    }

    [Fact]
    public void Copies_into_strided_destinations_agree() => Backends.Agree(
        device =>
        {
            Tensor target = device.Uniform([9, 40], DType.F32, 3);
            device.Backend.Copy(device.Uniform([9, 20], DType.BF16), device.View(target, [9, 20], Shape.FromStrides([40, 2]), 1));
            device.Backend.Fill(device.View(target, [9, 2], Shape.FromStrides([40, 2]), 0), 7);
            return target;
        },
        0);

    [Fact]
    public void Fills_agree()
    {
        foreach (DType dtype in new[] { DType.F32, DType.BF16, DType.F16, DType.F64, DType.I32, DType.I64, DType.Bool, DType.U8 })
        {
            Backends.Agree(device => device.Full([40_000], dtype, 1), 0);
        }
    }

    [Fact]
    public void Axpy_agrees()
    {
        foreach (DType source in Types)
        {
            foreach (DType destination in Types)
            {
                foreach (long size in Data.Sizes)
                {
                    double beta = (size % 3) switch { 0 => 0, 1 => 1, _ => -0.5 };
                    Backends.Agree(
                        device =>
                        {
                            Tensor y = device.Uniform([size], destination, 5);
                            device.Backend.Axpy(0.3, device.Uniform([size], source), beta, y);
                            return y;
                        },
                        Data.Unit(destination),
                        3e-7);
                }
            }
        }
    }

    [Fact]
    public void Axpy_without_the_old_value_does_not_read_it() => Backends.Agree(
        device =>
        {
            Tensor y = device.Full([100], DType.F32, double.NaN);
            device.Backend.Axpy(2, device.Uniform([100], DType.F32), 0, y);
            return y;
        },
        0);

    [Fact]
    public void Select_agrees()
    {
        foreach (DType dtype in new[] { DType.F32, DType.BF16, DType.I32 })
        {
            Backends.Agree(
                device =>
                {
                    Tensor a = Copied(device.Uniform([70, 33], DType.F32, 1, 100), dtype);
                    Tensor b = Copied(device.Uniform([70, 33], DType.F32, 2, 100), dtype);
                    Tensor condition = Zip(ZipKind.Less, a, b);
                    Tensor y = device.Empty([70, 33], dtype);
                    device.Backend.Select(condition, a, Repeat(device.Full([1, 1], dtype, 5), [70, 33]), y);
                    return y;
                },
                0);
        }
    }

    [Fact]
    public void Dropout_draws_the_same_numbers()
    {
        foreach (DType dtype in Types)
        {
            foreach (long size in Data.Sizes)
            {
                bool accumulate = size % 2 == 1;
                Backends.Agree(
                    device =>
                    {
                        Tensor y = device.Uniform([size], dtype, 3);
                        device.Backend.Dropout(device.Uniform([size], dtype), y, 0.3, new RandomState(17, 1UL << 33), accumulate);
                        return y;
                    },
                    2 * Data.Unit(dtype),
                    accumulate ? 1e-6 : 0);
            }
        }

        Backends.Agree(
            device =>
            {
                Tensor y = device.Empty([7, 600], DType.F32);
                device.Backend.Dropout(device.Sparse([7, 600], DType.BF16), y, 0.5, new RandomState(1, 5), false);
                return y;
            },
            0);
    }

    private static Tensor Zip(ZipKind kind, Tensor a, Tensor b)
    {
        Tensor y = a.Device.Empty(a.Shape, kind is ZipKind.Equal or ZipKind.Less or ZipKind.LessOrEqual ? DType.Bool : a.DType);
        a.Device.Backend.Zip(kind, a, b, y);
        return y;
    }

    private static Tensor Copied(Tensor x, DType dtype)
    {
        Tensor y = x.Device.Empty(x.Shape, dtype);
        x.Device.Backend.Copy(x, y);
        return y;
    }

    private static Tensor Repeat(Tensor x, in Shape shape) => x.Expand(shape);
}
