using System.Runtime.InteropServices;
using Attune.Testing;

namespace Attune.Formats.Tests.Onnx;

/// <summary>Graphs in ONNX files.</summary>
public sealed class OnnxFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(0)]
    public void Reads_what_it_wrote(long largestEmbeddedBytes)
    {
        OnnxModel model = Sample();
        OnnxWriter.Write(_folder["model.onnx"], model, largestEmbeddedBytes);
        Assert.Equal(largestEmbeddedBytes == 0, File.Exists(OnnxWriter.ContentsPath(_folder["model.onnx"])));
        using OnnxFile file = OnnxFile.Open(_folder["model.onnx"]);
        Assert.Equal(model.Inputs.Select(Text), file.Model.Inputs.Select(Text));
        Assert.Equal(model.Outputs.Select(Text), file.Model.Outputs.Select(Text));
        Assert.Equal(model.Nodes.Select(Text), file.Model.Nodes.Select(Text));
        foreach ((OnnxTensor wrote, OnnxTensor read) in model.Tensors.Zip(file.Model.Tensors, (a, b) => (a, b)))
        {
            Assert.Equal((wrote.Name, wrote.Type), (read.Name, read.Type));
            Assert.Equal(wrote.Extents, read.Extents);
            Assert.Equal(Contents(wrote), Contents(read));
        }
    }

    [Fact]
    public void A_constant_that_is_not_there_is_named()
    {
        OnnxWriter.Write(_folder["model.onnx"], Sample(), largestEmbeddedBytes: 0);
        byte[] contents = File.ReadAllBytes(OnnxWriter.ContentsPath(_folder["model.onnx"]));
        File.WriteAllBytes(OnnxWriter.ContentsPath(_folder["model.onnx"]), contents[..^1]);
        string message = Assert.Throws<ModelFileException>(() => OnnxFile.Open(_folder["model.onnx"])).Message;
        Assert.Contains("'large'", message, StringComparison.Ordinal);
        Assert.Contains("model.onnx_data", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Fuzz.Quick)]
    public void Answers_damage_with_typed_errors_only(int count)
    {
        OnnxWriter.Write(_folder["model.onnx"], Sample());
        byte[] original = File.ReadAllBytes(_folder["model.onnx"]);
        int refused = Mutations.Run(original, 220, count, _folder["mutant"], path =>
        {
            using OnnxFile file = OnnxFile.Open(path);
            foreach (OnnxTensor tensor in file.Model.Tensors)
            {
                Contents(tensor);
            }
        });
        Assert.InRange(refused, count / 4, count);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void Answers_much_damage_with_typed_errors_only() => Answers_damage_with_typed_errors_only(Fuzz.Slow);

    private static OnnxModel Sample() => new()
    {
        Inputs = [new OnnxValue("x", OnnxType.Int64, ["batch_size", "3"])],
        Outputs = [new OnnxValue("y", OnnxType.Float, ["batch_size", "3"])],
        Nodes =
        [
            new OnnxNode("Gather", ["large", "x"], ["rows"], [new OnnxAttribute("axis", -1L)]),
            new OnnxNode("Op", ["rows", "", "small"], ["y"], [new OnnxAttribute("a", 1.5f), new OnnxAttribute("b", "é"), new OnnxAttribute("c", new long[] { 1, -2, long.MaxValue })]),
        ],
        Tensors =
        [
            Tensor("small", OnnxType.Int64, [], MemoryMarshal.AsBytes<long>([7]).ToArray()),
            Tensor("large", OnnxType.Float, [33, 10], MemoryMarshal.AsBytes<float>(Enumerable.Range(0, 330).Select(i => i / 7f).ToArray()).ToArray()),
            Tensor("empty", OnnxType.Bool, [0, 2], []),
        ],
    };

    private static OnnxTensor Tensor(string name, OnnxType type, long[] extents, byte[] bytes) =>
        new(name, type, extents, (offset, destination) => bytes.AsSpan((int)offset, destination.Length).CopyTo(destination));

    private static byte[] Contents(OnnxTensor tensor)
    {
        byte[] bytes = new byte[tensor.ByteCount];
        tensor.Read(0, bytes);
        return bytes;
    }

    private static string Text(OnnxValue value) => $"{value.Name} {value.Type} {string.Join(',', value.Extents)}";

    private static string Text(OnnxNode node) =>
        $"{node.Operator} {string.Join(',', node.Inputs)} {string.Join(',', node.Outputs)} {string.Join(',', node.Attributes.Select(a => $"{a.Name}={(a.Value is long[] list ? string.Join(' ', list) : a.Value)}"))}";
}
