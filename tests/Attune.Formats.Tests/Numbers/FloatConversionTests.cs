using System.Runtime.InteropServices;
using Attune.Tensors;
using Attune.Testing;

namespace Attune.Formats.Tests.Numbers;

public class FloatConversionTests
{
    [Fact]
    public void Every_half_survives_the_way_there_and_back()
    {
        ushort[] all = [.. Enumerable.Range(0, 65_536).Select(i => (ushort)i)];
        var values = new float[all.Length];
        FloatConversion.ToFloat32(DType.F16, MemoryMarshal.AsBytes<ushort>(all), values);
        for (int i = 0; i < all.Length; i++)
        {
            Assert.Equal((float)BitConverter.UInt16BitsToHalf(all[i]), values[i]);
        }

        Assert.Equal(all.Where(b => !Half.IsNaN(BitConverter.UInt16BitsToHalf(b))), Back(DType.F16, [.. values.Where(v => !float.IsNaN(v))]));
    }

    [Fact]
    public void Every_bfloat16_survives_the_way_there_and_back()
    {
        ushort[] all = [.. Enumerable.Range(0, 65_536).Select(i => (ushort)i)];
        var values = new float[all.Length];
        FloatConversion.ToFloat32(DType.BF16, MemoryMarshal.AsBytes<ushort>(all), values);
        Assert.Equal(all.Select(b => (uint)b << 16), values.Select(BitConverter.SingleToUInt32Bits));
        Assert.Equal(all.Select(b => (b & 0x7FFF) > 0x7F80 ? (ushort)(b | 0x40) : b), Back(DType.BF16, values));
    }

    [Fact]
    [Trait("Category", "Golden")]
    public void Rounds_like_the_reference()
    {
        string folder = Goldens.Require("training", "quant", "small_floats");
        int tables = 0;
        foreach (string path in Directory.EnumerateFiles(folder, "*.safetensors"))
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            foreach (string name in file.Names.Where(n => n.EndsWith("_bits_i32", StringComparison.Ordinal)))
            {
                DType dtype = name.Contains("bf16", StringComparison.Ordinal) ? DType.BF16 : DType.F16;
                float[] x = file.ReadFloat32(name[..(name.LastIndexOf('.') + 1)] + "x");
                Assert.Equal(file.ReadAs<int>(name).Select(b => (ushort)b), Back(dtype, x));
                tables++;
            }
        }

        Assert.True(tables >= 2);
    }

    [Fact]
    public void Refuses_types_and_lengths_that_do_not_fit()
    {
        Assert.Throws<ArgumentException>(() => FloatConversion.ToFloat32(DType.I32, new byte[4], new float[1]));
        Assert.Throws<ArgumentException>(() => FloatConversion.ToFloat32(DType.F16, new byte[4], new float[1]));
        Assert.Throws<ArgumentException>(() => FloatConversion.FromFloat32(DType.F16, new float[1], new byte[4]));
    }

    private static ushort[] Back(DType dtype, float[] values)
    {
        var bits = new ushort[values.Length];
        FloatConversion.FromFloat32(dtype, values, MemoryMarshal.AsBytes(bits.AsSpan()));
        return bits;
    }
}
