using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Tests.Cpu.Backend;

public sealed class MapTests
{
    private static readonly DType[] Types = [DType.F32, DType.BF16, DType.F16];

    public static TheoryData<MapKind> Kinds => [.. Enum.GetValues<MapKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Values_agree(MapKind kind)
    {
        foreach (DType dtype in Types)
        {
            foreach (long size in SizesOf(dtype))
            {
                Backends.Agree(
                    device => Map(device, kind, Input(device, kind, [size], dtype), dtype), Relative(dtype, kind), Absolute(dtype));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Values_agree_far_from_zero(MapKind kind)
    {
        // Arguments of exponentials are rounded first, which counts with their size; 1 + tanh of the reference cancels at 1e-16.
        // The absolute bound is for results that touch the end of the exponents of single precision, where e^-x overflows.
        float[] values = [.. Enumerable.Range(-1500, 3001).Select(i => i / 15f)];
        bool positive = NeedsPositive(kind);
        Backends.Agree(
            device => Map(device, kind, device.FromFloats([.. values.Select(v => positive ? Math.Abs(v) + 0.001f : v)], [values.Length], DType.F32), DType.F32),
            kind is MapKind.GeluTanh or MapKind.QuickGelu ? 1e-5 : 1e-6,
            kind == MapKind.GeluTanh ? 1e-15 : 1e-36);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Gradients_agree(MapKind kind)
    {
        foreach (DType dtype in Types)
        {
            foreach (long size in SizesOf(dtype))
            {
                Backends.Agree(
                    device =>
                    {
                        Tensor x = Input(device, kind, [size], dtype);
                        Tensor dX = device.Uniform([size], dtype, 7);
                        device.Backend.MapGradient(kind, x, device.Uniform([size], dtype, 8), dX, 1.5, accumulate: size % 2 == 1);
                        return dX;
                    },
                    4 * Relative(dtype, kind),
                    4e-6);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Special_numbers_stay_special(MapKind kind)
    {
        float[] values = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0f, 1f];
        Backends.Agree(device => Map(device, kind, device.From(values, [5]), DType.F32), 1e-6);
    }

    [Fact]
    public void Strided_inputs_agree()
    {
        foreach (DType dtype in Types)
        {
            Backends.Agree(device => Map(device, MapKind.Silu, device.Sparse([3, 5, 700], dtype), dtype), Relative(dtype, MapKind.Silu), Absolute(dtype));
            Backends.Agree(
                device => Map(device, MapKind.Silu, device.Uniform([33, 65], dtype).Transpose(), dtype), Relative(dtype, MapKind.Silu), Absolute(dtype));
        }
    }

    [Fact]
    public void Double_precision_is_kept() => Backends.Agree(device => Map(device, MapKind.Exp, device.Uniform([17], DType.F64), DType.F64), 0);

    private static long[] SizesOf(DType dtype) => dtype == DType.F16 ? [17] : Data.Sizes;

    private static Tensor Map(Device device, MapKind kind, Tensor x, DType dtype)
    {
        Tensor y = device.Empty(x.Shape, dtype);
        device.Backend.Map(kind, x, y, 1.5);
        return y;
    }

    private static Tensor Input(Device device, MapKind kind, in Shape shape, DType dtype)
    {
        Tensor x = device.Uniform(shape, dtype, scale: 4);
        if (NeedsPositive(kind))
        {
            device.Backend.Map(MapKind.Abs, x, x, 0);
            device.Backend.Axpy(1, device.Full(shape, dtype, 0.01), 1, x);
        }

        return x;
    }

    private static bool NeedsPositive(MapKind kind) => kind is MapKind.Log or MapKind.Sqrt or MapKind.Rsqrt;

    // Of the type's rounding, and some units in the last place of single precision.
    private static double Relative(DType dtype, MapKind kind) => Data.Unit(dtype) + (kind == MapKind.GeluTanh ? 2e-6 : 6e-7);

    // Subnormal halves, and sines near their zeros.
    private static double Absolute(DType dtype) => dtype == DType.F16 ? 1e-7 : 3e-7;
}
