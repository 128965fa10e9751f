using System.IO.Compression;
using System.Text;
using Attune.Tensors;
using Attune.Testing;

namespace Attune.Formats.Tests.Pytorch;

/// <summary>The samples are what Python's own pickler makes of the objects that <c>torch.save</c> gives it, in the layout of PyTorch's archives (64-byte alignment, ZIP64 directory) and in the older one.</summary>
public sealed class PytorchFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("archive.bin")]
    [InlineData("pickles.bin")]
    public void Reads_tensors_as_Python_pickles_them(string sample)
    {
        using PytorchFile file = PytorchFile.Open(Sample(sample));
        Assert.Equal(["whole.weight", "tied.weight", "transposed.weight", "part.bias", "half.weight", "ids", "scalar", "empty"], file.Names);
        float[] all = [.. Enumerable.Range(0, 12).Select(i => (float)i)];
        Assert.Equal(new TensorInfo("whole.weight", DType.F32, [3, 4]), file.Info("whole.weight"));
        Assert.Equal(all, file.ReadFloat32("whole.weight"));
        Assert.Equal(all, file.ReadFloat32("tied.weight"));
        Assert.Equal([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11], file.ReadFloat32("transposed.weight"));
        var middle = new float[2];
        file.ReadFloat32("transposed.weight", 5, middle);
        Assert.Equal([9, 2], middle);
        Assert.Equal([5, 6, 7], file.ReadFloat32("part.bias"));
        Assert.Equal([1, 2, 3, 4], file.ReadFloat32("half.weight"));
        Assert.Equal([-1, 0, 1L << 40], file.ReadAs<long>("ids"));
        Assert.Equal([7], file.ReadFloat32("scalar"));
        Assert.Equal(0, file.Info("scalar").Shape.Rank);
        Assert.Empty(file.ReadFloat32("empty"));
        Assert.Throws<ModelFileException>(() => file.ReadBytes("absent"));
        Assert.Throws<ModelFileException>(() => file.Read("scalar", 2, new byte[4]));
    }

    [Fact]
    public void A_folder_with_pickled_weights_is_a_model()
    {
        Save(_folder["source.safetensors"], "a", "b");
        _folder.Write("config.json", """{"model_type": "llama"}""");
        using SafetensorsFile source = SafetensorsFile.Open(_folder["source.safetensors"]);
        PickledWeights.Write(_folder["pytorch_model.bin"], source);
        using (ModelFile model = ModelFile.Open(_folder.Path))
        {
            Assert.Equal(source.ReadBytes("a"), model.Tensors.ReadBytes("a"));
        }

        File.Delete(_folder["pytorch_model.bin"]);
        PickledWeights.Write(_folder["pytorch_model-00001-of-00002.bin"], source, ["a"]);
        PickledWeights.Write(_folder["pytorch_model-00002-of-00002.bin"], source, ["b"]);
        _folder.Write("pytorch_model.bin.index.json", """{"weight_map": {"a": "pytorch_model-00001-of-00002.bin", "b": "pytorch_model-00002-of-00002.bin"}}""");
        using ModelFile sharded = ModelFile.Open(_folder.Path);
        Assert.Equal(["a", "b"], sharded.Tensors.Names);
        Assert.Equal(source.ReadBytes("b"), sharded.Tensors.ReadBytes("b"));
    }

    [Theory]
    [InlineData("cos\nsystem\n(X\u0002\0\0\0lstR.", "os.system")]
    [InlineData("c__builtin__\neval\n(tR.", "__builtin__.eval")]
    [InlineData("ctorch.serialization\nload\n)R.", "torch.serialization.load")]
    [InlineData("\u008c\u0002os\u008c\u0006system\u0093.", "os.system")]
    [InlineData("cnumpy\nndarray\n.", "numpy.ndarray")]
    [InlineData("(ios\nsystem\n.", "INST")]
    [InlineData("}(X\u0001\0\0\0ai\n.", "INST")]
    [InlineData("ccollections\nOrderedDict\n)\u0081.", "NEWOBJ")]
    [InlineData("ccollections\nOrderedDict\n(K\u0001tR.", "collections.OrderedDict with (an integer)")]
    [InlineData("ctorch\nFloatStorage\n)R.", "torch.FloatStorage with ()")]
    [InlineData("}X\u0005\0\0\0epochK\u0001s.", "'epoch': expected a tensor, found an integer")]
    [InlineData("}X\u0005\0\0\0model}s.", "'model': expected a tensor, found a dictionary")]
    [InlineData("}K\u0001K\u0001s.", "expected the name of a tensor")]
    [InlineData("].", "expected a dictionary of tensors, found a list")]
    [InlineData("N.", "found None")]
    [InlineData("K\u0001R.", "missing")]
    [InlineData("h\u0001.", "before it was kept")]
    [InlineData("}a.", "missing")]
    [InlineData("}K\u0001a.", "expected a list, found a dictionary")]
    [InlineData("}(K\u0001u.", "value for every key")]
    [InlineData("t.", "group is missing")]
    [InlineData("X\u00ff\u00ff\u00ff\u007f.", "truncated")]
    [InlineData("}", "truncated")]
    [InlineData("\u0080\u0009}.", "protocol")]
    [InlineData("}Qs.", "name of a storage")]
    [InlineData("\u008f.", "EMPTY_SET")]
    public void Refuses_by_name_whatever_is_no_tensor(string pickle, string mentioned)
    {
        string path = SavePickle(Encoding.Latin1.GetBytes(pickle));
        string message = Assert.Throws<ModelFileException>(() => PytorchFile.Open(path)).Message;
        Assert.Contains(path, message);
        Assert.Contains(mentioned, message);
    }

    [Theory]
    [InlineData("K\u0000", "(K\u0002K\u0003t", "(K\u0003K\u0001t", "reaches to element 5")]
    [InlineData("K\u0001", "(K\u0004t", "(K\u0001t", "reaches to element 4")]
    [InlineData("K\u0000", "(K\u0002t", "(K\u00fft", "reaches to element 255")]
    [InlineData("K\u0000", "(K\u0009t", "(K\u0000t", "larger than its storage")]
    [InlineData("K\u0000", "(K\u0002t", "(t", "1 extents, 0 strides")]
    [InlineData("J\u00ff\u00ff\u00ff\u00ff", "(K\u0001t", "(K\u0001t", "begins at element -1")]
    [InlineData("K\u0000", "(J\u00ff\u00ff\u00ff\u00fft", "(K\u0001t", "not negative")]
    [InlineData("K\u0000", "(\u008a\u0008\0\0\0\0\0\0\0\u0040\u008a\u0008\0\0\0\0\0\0\0\u0040t", "(K\u0001K\u0001t", "extents or strides")]
    [InlineData("K\u0000", "(K\u0002K\u0002t", "(\u008a\u0008\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f\u008a\u0008\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007ft", "extents or strides")]
    public void Refuses_tensors_beyond_their_storage(string offset, string size, string stride, string mentioned)
    {
        string pickle = "}X\u0001\0\0\0actorch._utils\n_rebuild_tensor_v2\n((X\u0007\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\0" + $"0X\u0003\0\0\0cpuK\u0004tQ{offset}{size}{stride}\u0089NtRs.";
        string path = SavePickle(Encoding.Latin1.GetBytes(pickle), ("0", new byte[16]));
        Assert.Contains(mentioned, Assert.Throws<ModelFileException>(() => PytorchFile.Open(path)).Message);
    }

    [Fact]
    public void Takes_tensors_that_say_their_own_type()
    {
        string pickle = "}X\u0001\0\0\0actorch._utils\n_rebuild_tensor_v3\n((X\u0007\0\0\0storagectorch.storage\nUntypedStorage\nX\u0001\0\0\0" + "0X\u0003\0\0\0cpuK\u0004tQK\0(K\u0002t(K\u0001t\u0089Nctorch\nuint16\nNtRs.";
        using PytorchFile file = PytorchFile.Open(SavePickle(Encoding.Latin1.GetBytes(pickle), ("0", [1, 0, 2, 0])));
        Assert.Equal(new TensorInfo("a", DType.U16, [2]), file.Info("a"));
        Assert.Equal([1, 2], file.ReadAs<ushort>("a"));
    }

    [Fact]
    public void Refuses_archives_that_are_none_of_PyTorch()
    {
        Assert.Contains("byte 0", Refusal(_folder.Write("empty.bin", "")));
        Assert.Contains("byte 0", Refusal(_folder.Write("text.bin", "some text that is longer than a header")));
        Assert.Contains("directory", Refusal(_folder.Write("cut.bin", File.ReadAllBytes(Sample("archive.bin"))[..^30])));
        Zip("other.zip", CompressionLevel.NoCompression, ("a/b.txt", []));
        Assert.Contains("data.pkl", Refusal(_folder["other.zip"]));
        Zip("packed.zip", CompressionLevel.SmallestSize, ("a/data.pkl", new byte[100]));
        Assert.Contains("compressed", Refusal(_folder["packed.zip"]));
        Zip("big.zip", CompressionLevel.NoCompression, ("a/data.pkl", "}."u8.ToArray()), ("a/byteorder", "big"u8.ToArray()));
        Assert.Contains("little-endian", Refusal(_folder["big.zip"]));
        byte[] many = new byte[1_000_003];
        Array.Fill(many, (byte)'}');
        Assert.Contains("at most 1000000 values", Refusal(SavePickle(many)));
        Array.Fill(many, (byte)0x94, 1, many.Length - 1);
        Assert.Contains("at most 1000000 values to be kept", Refusal(SavePickle(many)));
    }

    [Theory]
    [InlineData("archive.bin", Fuzz.Quick)]
    [InlineData("pickles.bin", Fuzz.Quick)]
    public void Answers_damage_with_typed_errors_only(string sample, int count)
    {
        byte[] original = File.ReadAllBytes(Sample(sample));
        int refused = Mutations.Run(original, original.Length, count, _folder["mutant"], ReadAll);
        Assert.InRange(refused, count / 4, count);
    }

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData("archive.bin")]
    [InlineData("pickles.bin")]
    public void Answers_much_damage_with_typed_errors_only(string sample) => Answers_damage_with_typed_errors_only(sample, Fuzz.Slow);

    private static void ReadAll(string path)
    {
        using PytorchFile file = PytorchFile.Open(path);
        foreach (string name in file.Names)
        {
            file.ReadBytes(name);
        }
    }

    private static string Sample(string name) => Path.Combine(Repository.Root, "tests", "Attune.Formats.Tests", "Pytorch", "Samples", name);

    private static string Refusal(string path) => Assert.Throws<ModelFileException>(() => PytorchFile.Open(path)).Message;

    private static void Save(string path, params string[] names)
    {
        using SafetensorsWriter writer = SafetensorsWriter.Create(path, names.Select(name => new TensorInfo(name, DType.F32, [2, 2])));
        foreach (string name in names)
        {
            writer.Write<float>(name, [name[0], 1, 2, 3]);
        }

        writer.Commit();
    }

    private string SavePickle(byte[] pickle, params (string Key, byte[] Bytes)[] storages)
    {
        string name = "pickle.bin";
        Zip(name, CompressionLevel.NoCompression, [("model/data.pkl", pickle), .. storages.Select(s => ($"model/data/{s.Key}", s.Bytes))]);
        return _folder[name];
    }

    private void Zip(string name, CompressionLevel level, params (string Name, byte[] Contents)[] entries)
    {
        using var archive = new ZipArchive(File.Create(_folder[name]), ZipArchiveMode.Create);
        foreach ((string entry, byte[] contents) in entries)
        {
            using Stream stream = archive.CreateEntry(entry, level).Open();
            stream.Write(contents);
        }
    }
}
