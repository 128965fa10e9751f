using Attune.Testing;

namespace Attune.Formats.Tests.Gguf;

public class GgufTypeGoldenTests
{
    public static TheoryData<string> Types()
    {
        string path = Path.Combine(Goldens.Root, "training", "quant", "gguf", "gguf.safetensors");
        if (!File.Exists(path))
        {
            return [Goldens.None];
        }

        using SafetensorsFile file = SafetensorsFile.Open(path);
        return [.. file.Names.Where(n => n.EndsWith(".dequantised", StringComparison.Ordinal)).Select(n => n[..n.IndexOf('.', StringComparison.Ordinal)])];
    }

    [Theory]
    [Trait("Category", "Golden")]
    [MemberData(nameof(Types))]
    public void Dequantises_to_the_bits_of_the_reference(string name)
    {
        using SafetensorsFile file = Open();
        GgufType type = Find(name);
        foreach ((string bytes, string values) in new[] { ("bytes", "dequantised"), ("random_bytes", "random_dequantised") })
        {
            if (file.Contains($"{name}.{bytes}"))
            {
                float[] expected = file.ReadFloat32($"{name}.{values}");
                var found = new float[expected.Length];
                type.Dequantize(file.ReadBytes($"{name}.{bytes}"), found);
                Assert.Equal(expected.Select(BitConverter.SingleToUInt32Bits), found.Select(BitConverter.SingleToUInt32Bits));
            }
        }
    }

    [Theory]
    [Trait("Category", "Golden")]
    [MemberData(nameof(Types))]
    public void Quantises_to_the_bytes_of_the_reference(string name)
    {
        using SafetensorsFile file = Open();
        GgufType type = Find(name);
        Assert.SkipUnless(type.CanQuantize, $"{name} is only read");
        byte[] expected = file.ReadBytes($"{name}.bytes");
        var found = new byte[expected.Length];
        type.Quantize(file.ReadFloat32("x"), found);
        Assert.Equal(expected, found);
    }

    private static SafetensorsFile Open() => SafetensorsFile.Open(Goldens.Require("training", "quant", "gguf", "gguf.safetensors"));

    private static GgufType Find(string name)
    {
        GgufType? type = KnownGgufTypes.ByName(name);
        Assert.SkipUnless(type is not null, $"{name} is not among the types that are read");
        return type!;
    }
}
