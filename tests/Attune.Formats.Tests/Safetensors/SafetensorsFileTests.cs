using System.Text;
using Attune.Tensors;
using Attune.Testing;

namespace Attune.Formats.Tests.Safetensors;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Reads_what_it_wrote_for_every_element_type()
    {
        TensorInfo[] tensors = [.. Enum.GetValues<DType>().Select(d => new TensorInfo($"t.{d}", d, [2, 3])), new("scalar", DType.F32, []), new("empty", DType.I64, [0, 5])];
        var random = new Random(1);
        var contents = tensors.ToDictionary(t => t.Name, t =>
        {
            var bytes = new byte[t.ByteCount];
            random.NextBytes(bytes);
            return bytes;
        });
        string path = _folder["all.safetensors"];
        var metadata = new Dictionary<string, string> { ["format"] = "pt", ["a\"\n\u0001é"] = "\\ \u2028 \U0001F600" };
        using (SafetensorsWriter writer = SafetensorsWriter.Create(path, tensors, metadata))
        {
            foreach (TensorInfo tensor in tensors.Reverse())
            {
                writer.Write<byte>(tensor.Name, contents[tensor.Name]);
            }

            writer.Commit();
        }

        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(tensors.Length, file.Names.Count);
        Assert.Equal(metadata, file.Metadata!);
        foreach (TensorInfo tensor in tensors)
        {
            Assert.Equal(tensor, file.Info(tensor.Name));
            Assert.Equal(contents[tensor.Name], file.ReadBytes(tensor.Name));
        }

        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Writes_the_layout_of_the_reference()
    {
        string path = _folder["layout.safetensors"];
        using (SafetensorsWriter writer = SafetensorsWriter.Create(path, [new("b", DType.U8, [1]), new("a", DType.F32, []), new("A", DType.I64, [1])], new Dictionary<string, string> { ["format"] = "pt" }))
        {
            writer.Write<byte>("b", [7]);
            writer.Write<float>("a", [1f]);
            writer.Write<long>("A", [-1]);
            writer.Commit();
        }

        const string Header = """{"__metadata__":{"format":"pt"},"A":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[],"data_offsets":[8,12]},"b":{"dtype":"U8","shape":[1],"data_offsets":[12,13]}}""";
        int padded = (Header.Length + 7) / 8 * 8;
        byte[] expected = [.. BitConverter.GetBytes((long)padded), .. Encoding.UTF8.GetBytes(Header.PadRight(padded)), 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 128, 63, 7];
        Assert.Equal(expected, File.ReadAllBytes(path));
    }

    [Fact]
    public void Reads_typed_arrays_and_refuses_other_types()
    {
        string path = Save("""{"x":{"dtype":"I32","shape":[2],"data_offsets":[0,8]}}""", [1, 0, 0, 0, 255, 255, 255, 255]);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal([1, -1], file.ReadAs<int>("x"));
        Assert.Contains("I32", Assert.Throws<ModelFileException>(() => file.ReadAs<float>("x")).Message);
        Assert.Contains("I32", Assert.Throws<ModelFileException>(() => file.ReadFloat32("x")).Message);
        Assert.Contains("'y'", Assert.Throws<ModelFileException>(() => file.ReadBytes("y")).Message);
        Assert.Throws<ModelFileException>(() => file.Read("x", 4, new byte[5]));
        Assert.Throws<ModelFileException>(() => file.Read("x", -1, new byte[1]));
        Assert.Throws<ModelFileException>(() => file.Read("x", new byte[7]));
    }

    [Theory]
    [InlineData(DType.F16)]
    [InlineData(DType.BF16)]
    [InlineData(DType.F32)]
    [InlineData(DType.F64)]
    public void Converts_to_single_precision_in_whole_and_in_part(DType dtype)
    {
        float[] values = [.. Enumerable.Range(0, 70_001).Select(i => (float)((i % 251) - 125))];
        string path = _folder["x.safetensors"];
        using (SafetensorsWriter writer = SafetensorsWriter.Create(path, [new("x", dtype, [70_001])]))
        {
            var bytes = new byte[values.Length * dtype.SizeInBytes];
            FloatConversion.FromFloat32(dtype, values, bytes);
            writer.Write<byte>("x", bytes);
            writer.Commit();
        }

        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(values, file.ReadFloat32("x"));
        var part = new float[500];
        file.ReadFloat32("x", 69_000, part);
        Assert.Equal(values[69_000..69_500], part);
        Assert.Throws<ModelFileException>(() => file.ReadFloat32("x", 69_900, part));
    }

    [Theory]
    [InlineData("""{"x":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}""", "F31")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "takes 8 bytes")]
    [InlineData("""{"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", "x.shape")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", "1.5")]
    [InlineData("""{"x":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}""", "x.shape")]
    [InlineData("""{"x":{"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[0,4]}}""", "64 bits")]
    [InlineData("""{"x":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,4]}}""", "64 bits")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1,1,1,1,1,1,1],"data_offsets":[0,4]}}""", "at most 6")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "byte 0")]
    [InlineData("""{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"y":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", "'y.data_offsets'")]
    [InlineData("""{"x":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"y":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", "'y.data_offsets'")]
    [InlineData("""{"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", "take 2 bytes")]
    [InlineData("""{"x":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}""", "truncated")]
    [InlineData("""{"x":{"dtype":"U8","shape":[4],"data_offsets":[4,0]}}""", "data_offsets")]
    [InlineData("""{"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4,4]}}""", "data_offsets")]
    [InlineData("""{"x":{"dtype":"U8","shape":[4],"data_offsets":[0]}}""", "data_offsets")]
    [InlineData("""{"x":{"dtype":"U8","shape":[4]}}""", "only some")]
    [InlineData("""{"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"more":1}}""", "'more'")]
    [InlineData("""{"x":{"dtype":"U8","dtype":"I8","shape":[4],"data_offsets":[0,4]}}""", "twice")]
    [InlineData("""{"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", "twice")]
    [InlineData("""{"__metadata__":{"a":1},"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", "expected a text")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"},"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", "twice")]
    [InlineData("""{"__metadata__":{},"__metadata__":{},"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", "twice")]
    [InlineData("""{"x":[1]}""", "expected an object")]
    [InlineData("""{"x":{"dtype":{"a":{"b":{"c":{}}}},"shape":[4],"data_offsets":[0,4]}}""", "dtype")]
    [InlineData("""{"x\ud800":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", "JSON")]
    [InlineData("""{"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}""", "JSON")]
    [InlineData("""{"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}{}""", "JSON")]
    [InlineData("""  {"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", "JSON object")]
    [InlineData("[1]", "JSON object")]
    public void Refuses_headers_that_lie(string header, string mentioned)
    {
        string path = Save(header, [1, 2, 3, 4]);
        string message = Assert.Throws<ModelFileException>(() => SafetensorsFile.Open(path)).Message;
        Assert.Contains(path, message);
        Assert.Contains(mentioned, message);
    }

    [Fact]
    public void Refuses_a_header_length_beyond_the_file()
    {
        foreach (byte[] bytes in new byte[][] { [], [1, 2, 3], [255, 255, 255, 255, 255, 255, 255, 255, (byte)'{', (byte)'}'], [100, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}'] })
        {
            Assert.Throws<ModelFileException>(() => SafetensorsFile.Open(_folder.Write("short", bytes)));
        }

        Assert.Contains("cannot be opened", Assert.Throws<ModelFileException>(() => SafetensorsFile.Open(_folder["absent"])).Message);
    }

    [Theory]
    [InlineData(Fuzz.Quick)]
    public void Answers_damage_with_typed_errors_only(int count)
    {
        string path = _folder["x.safetensors"];
        using (SafetensorsWriter writer = SafetensorsWriter.Create(path, [new("a.weight", DType.F32, [4, 3]), new("b", DType.BF16, [5]), new("c", DType.Bool, [3])], new Dictionary<string, string> { ["format"] = "pt" }))
        {
            writer.Write<float>("a.weight", new float[12]);
            writer.Write<ushort>("b", new ushort[5]);
            writer.Write<byte>("c", new byte[3]);
            writer.Commit();
        }

        byte[] original = File.ReadAllBytes(path);
        int refused = Mutations.Run(original, original.Length - 61, count, _folder["mutant"], p =>
        {
            using SafetensorsFile file = SafetensorsFile.Open(p);
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

    [Fact]
    public void An_unfinished_file_leaves_nothing_behind()
    {
        string path = _folder["x.safetensors"];
        using (SafetensorsWriter writer = SafetensorsWriter.Create(path, [new("x", DType.U8, [4]), new("y", DType.U8, [4])]))
        {
            writer.Write<byte>("x", [1, 2, 3, 4]);
            Assert.Throws<ArgumentException>(() => writer.Write<byte>("z", [1]));
            Assert.Throws<ArgumentException>(() => writer.Write<byte>("y", [1]));
            Assert.Contains("y", Assert.Throws<InvalidOperationException>(writer.Commit).Message);
        }

        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Create(path, [new("x", DType.U8, [4]), new("x", DType.U8, [4])]));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    private string Save(string header, byte[] data) =>
        _folder.Write("made.safetensors", [.. BitConverter.GetBytes((long)Encoding.UTF8.GetByteCount(header)), .. Encoding.UTF8.GetBytes(header), .. data]);
}
