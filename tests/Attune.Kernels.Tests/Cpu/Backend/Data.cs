using Attune.Tensors;

namespace Attune.Kernels.Tests.Cpu.Backend;

/// <summary>Inputs of tests: the same numbers on every device.</summary>
internal static class Data
{
    /// <summary>Numbers of extents around the vector widths, nothing, one, and several chunks.</summary>
    public static readonly long[] Sizes = [0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 33, 513, 20_000];

    /// <summary>Numbers spread evenly over [-scale, scale).</summary>
    public static Tensor Uniform(this Device device, in Shape shape, DType dtype, ulong seed = 1, double scale = 2)
    {
        var values = new float[shape.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(scale * (((RandomState.Bits(seed, (ulong)i) >> 11) / (double)(1UL << 52)) - 1));
        }

        return device.FromFloats(values, shape, dtype);
    }

    /// <summary>Numbers in any float type.</summary>
    public static Tensor FromFloats(this Device device, float[] values, in Shape shape, DType dtype) => dtype switch
    {
        DType.BF16 => device.From<ushort>(values.Select(BFloat16.FromSingle).ToArray(), shape, dtype),
        DType.F16 => device.From<Half>(values.Select(value => (Half)value).ToArray(), shape, dtype),
        DType.F64 => device.From<double>(values.Select(value => (double)value).ToArray(), shape, dtype),
        _ => device.From(values, shape),
    };

    /// <summary>A view with gaps between the elements of every dimension.</summary>
    public static Tensor Sparse(this Device device, in Shape shape, DType dtype, ulong seed = 1, double scale = 2)
    {
        long[] extents = shape.ToArray();
        for (int i = 0; i < extents.Length; i++)
        {
            extents[i] = (2 * extents[i]) + 1;
        }

        Tensor wide = device.Uniform(new Shape(extents), dtype, seed, scale);
        long[] strides = wide.Strides.ToArray();
        for (int i = 0; i < strides.Length; i++)
        {
            strides[i] *= 2;
        }

        return device.View(wide, shape, Shape.FromStrides(strides), 1);
    }

    /// <summary>Relative distance of neighbours: numbers that are nearly equal may be rounded to two of them.</summary>
    public static double Unit(DType dtype) => dtype switch
    {
        DType.BF16 => 1.0 / 128,
        DType.F16 => 1.0 / 1024,
        _ => 1.0 / (1 << 23),
    };
}
