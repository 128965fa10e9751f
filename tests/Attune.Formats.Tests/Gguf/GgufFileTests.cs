using System.Runtime.InteropServices;
using System.Text;
using Attune.Tensors;
using Attune.Testing;

namespace Attune.Formats.Tests.Gguf;

public sealed class GgufFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Reads_back_metadata_of_every_type_and_writes_it_byte_for_byte()
    {
        string first = _folder["first.gguf"];
        Write(first, Metadata(), [("x", [3], KnownGgufTypes.F32)]);
        using GgufFile file = GgufFile.Open(first);
        Assert.Equal(3u, file.Version);
        Assert.Equal(Metadata().Pairs.Select(p => p.Key), file.Metadata.Pairs.Select(p => p.Key));
        Assert.All(Metadata().Pairs, p => Assert.Equal(p.Value, file.Metadata[p.Key]));
        Assert.All(Metadata().Pairs, p => Assert.Equal(p.Value.GetType(), file.Metadata[p.Key].GetType()));
        string second = _folder["second.gguf"];
        Write(second, file.Metadata, [("x", [3], KnownGgufTypes.F32)]);
        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));
    }

    [Theory]
    [InlineData("F32")]
    [InlineData("F16")]
    [InlineData("BF16")]
    [InlineData("Q8_0")]
    public void Reads_what_it_wrote_for_every_writable_type(string name)
    {
        GgufType type = KnownGgufTypes.ByName(name)!;
        string path = _folder["x.gguf"];
        // More than one piece, and a second tensor behind padding.
        Write(path, new GgufMetadata { ["general.alignment"] = 64u }, [("x", [1100, 64], type), ("y", [2, 32], type)]);
        using GgufFile file = GgufFile.Open(path);
        Assert.Equal(64, file.Alignment);
        Assert.Equal(new Shape(1100, 64), file.Info("x").Shape);
        Assert.Equal(name, file.Info("x").StoredAs);
        float[] values = Values(1100 * 64);
        Assert.Equal(values, file.ReadFloat32("x"));
        Assert.Equal(values[..64], file.ReadFloat32("y"));
        var part = new float[100];
        for (int offset = 0; offset < 200; offset += 7)
        {
            file.ReadFloat32("x", offset, part);
            Assert.Equal(values[offset..(offset + 100)], part);
        }

        Assert.Throws<ModelFileException>(() => file.ReadFloat32("x", (1100 * 64) - 99, part));
        var raw = new byte[type.BlockBytes];
        file.ReadRaw("y", 0, raw);
        Assert.Throws<ModelFileException>(() => file.ReadRaw("y", 1 << 20, raw));
    }

    [Fact]
    public void Getters_name_file_key_expected_and_found()
    {
        string path = _folder["x.gguf"];
        Write(path, Metadata(), []);
        using GgufFile file = GgufFile.Open(path);
        GgufMetadata metadata = file.Metadata;
        Assert.Equal(7, metadata.GetInt32("u64"));
        Assert.Equal(1.5, metadata.GetDouble("f32"));
        Assert.Null(metadata.GetString("absent"));
        Assert.Equal([1, 2], metadata.GetInt32s("i32s")!);
        string message = Assert.Throws<ModelFileException>(() => metadata.GetInt32("text")).Message;
        Assert.Equal($"file: {path}, key 'text': expected an integer of 32 bits, found \"é\"", message);
        Assert.Throws<ModelFileException>(() => metadata.GetString("u8"));
        Assert.Throws<ModelFileException>(() => metadata.GetBoolean("u8"));
        Assert.Throws<ModelFileException>(() => metadata.GetStrings("i32s"));
        Assert.Throws<ModelFileException>(() => metadata.GetDouble("text"));
        Assert.Throws<ModelFileException>(() => metadata.RequirePositive("i8"));
        Assert.Throws<ModelFileException>(() => metadata.RequirePositive("absent"));
        Assert.Throws<ModelFileException>(() => metadata["absent"]);
        Assert.Throws<ArgumentException>(() => metadata["x"] = DateTime.Now);
    }

    [Theory]
    [InlineData("GGML", 3u, "no GGUF file")]
    [InlineData("GGUF", 1u, "version 2 or 3")]
    [InlineData("GGUF", 0x0300_0000u, "big-endian")]
    public void Refuses_other_versions(string magic, uint version, string mentioned)
    {
        byte[] bytes = [.. Encoding.ASCII.GetBytes(magic), .. BitConverter.GetBytes(version), .. new byte[32]];
        Assert.Contains(mentioned, Assert.Throws<ModelFileException>(() => GgufFile.Open(_folder.Write("x", bytes))).Message);
    }

    [Fact]
    public void Refuses_tensors_that_lie()
    {
        Assert.Contains("multiple of 32", Refusal(2, [16], 0).Message);
        Assert.Contains("type number 4", Refusal(4, [32], 0).Message);
        Assert.Contains("offset", Refusal(0, [8], 8).Message);
        Assert.Contains("truncated", Refusal(0, [8], 32).Message);
        Assert.Contains("truncated", Refusal(0, [9], 0).Message);
        Assert.Contains("64 bits", Refusal(0, [1L << 40, 1L << 40], 0).Message);
        Assert.Contains("dimensions", Refusal(0, [1, 1, 1, 1, 1, 1, 1], 0).Message);
    }

    [Fact]
    public void Refuses_rows_that_do_not_divide_into_blocks_and_leaves_nothing()
    {
        GgufTensor[] tensors = [new("x", [2, 16], KnownGgufTypes.Q8)];
        Assert.Contains("32", Assert.Throws<ArgumentException>(() => GgufWriter.Create(_folder["x.gguf"], new GgufMetadata(), tensors)).Message);
        using (GgufWriter writer = GgufWriter.Create(_folder["x.gguf"], new GgufMetadata(), [new("x", [2, 32], KnownGgufTypes.Q8)]))
        {
            Assert.Throws<InvalidOperationException>(writer.Commit);
        }

        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData(Fuzz.Quick)]
    public void Answers_damage_with_typed_errors_only(int count)
    {
        string path = _folder["x.gguf"];
        int headBytes = WriteBlockOfEveryType(path);
        byte[] original = File.ReadAllBytes(path);
        int refused = Mutations.Run(original, headBytes, count, _folder["mutant"], p =>
        {
            using GgufFile file = GgufFile.Open(p);
            foreach (string name in file.Names)
            {
                file.ReadBytes(name);
            }
        });
        Assert.InRange(refused, count / 2, count);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void Answers_much_damage_with_typed_errors_only() => Answers_damage_with_typed_errors_only(Fuzz.Slow);

    internal static void Write(string path, GgufMetadata metadata, IReadOnlyList<(string Name, Shape Shape, GgufType Type)> tensors)
    {
        using GgufWriter writer = GgufWriter.Create(path, metadata, [.. tensors.Select(t => new GgufTensor(t.Name, t.Shape, t.Type))]);
        foreach ((string name, Shape shape, _) in tensors.Reverse())
        {
            float[] values = Values((int)shape.Count);
            writer.Write(name, (element, destination) => values.AsSpan((int)element, destination.Length).CopyTo(destination));
        }

        writer.Commit();
    }

    /// <summary>Writes a file with random blocks.</summary>
    /// <returns>The bytes before the first.</returns>
    private static int WriteBlockOfEveryType(string path)
    {
        GgufTensor[] tensors = [.. KnownGgufTypes.All.Select(type => new GgufTensor(type.Name, [1, type.BlockElements], type))];
        using (GgufWriter writer = GgufWriter.Create(path, Metadata(), tensors))
        {
            var random = new Random(2);
            foreach (GgufTensor tensor in tensors)
            {
                byte[] block = new byte[tensor.ByteCount];
                random.NextBytes(block);
                writer.WriteRaw(tensor.Name, 0, block);
            }

            writer.Commit();
        }

        return (int)new FileInfo(path).Length - tensors.Sum(tensor => ((int)tensor.ByteCount + 31) / 32 * 32);
    }

    // Whole numbers up to 127, with 127 in every block: exact in every writable type.
    private static float[] Values(int count) => [.. Enumerable.Range(0, count).Select(i => i % 32 == 5 ? 127f : (i * 31 % 255) - 127)];

    private static GgufMetadata Metadata() => new()
    {
        ["u8"] = (byte)1,
        ["i8"] = (sbyte)-1,
        ["u16"] = (ushort)2,
        ["i16"] = (short)-2,
        ["u32"] = 3u,
        ["i32"] = -3,
        ["f32"] = 1.5f,
        ["yes"] = true,
        ["text"] = "é",
        ["u64"] = 7ul,
        ["i64"] = -7L,
        ["f64"] = 0.1,
        ["i32s"] = new[] { 1, 2 },
        ["bools"] = new[] { true, false },
        ["texts"] = new[] { "", "a\U0001F600" },
        ["empty"] = Array.Empty<float>(),
        ["nested"] = new Array[] { new[] { 1, 2 }, new[] { "x" }, new Array[] { new byte[] { 1 } } },
    };

    private ModelFileException Refusal(uint type, long[] dimensions, ulong offset)
    {
        byte[] head =
        [
            .. "GGUF"u8, .. BitConverter.GetBytes(3u), .. BitConverter.GetBytes(1ul), .. BitConverter.GetBytes(0ul),
            .. BitConverter.GetBytes(1ul), (byte)'x', .. BitConverter.GetBytes((uint)dimensions.Length), .. MemoryMarshal.AsBytes<long>(dimensions),
            .. BitConverter.GetBytes(type), .. BitConverter.GetBytes(offset),
        ];
        byte[] file = [.. head, .. new byte[((head.Length + 31) / 32 * 32) - head.Length + 32]];
        return Assert.Throws<ModelFileException>(() => GgufFile.Open(_folder.Write("lying.gguf", file)));
    }
}
