using Attune.Testing;

namespace Attune.Formats.Tests.Gguf;

public class GgufGoldenTests
{
    [Fact]
    [Trait("Category", "Golden")]
    public void A_real_file_is_rewritten_byte_for_byte()
    {
        string path = Goldens.RequireModel("SmolLM2-135M-Instruct-GGUF", "SmolLM2-135M-Instruct.Q4_1.gguf");
        using var temporary = new TemporaryFolder();
        using (GgufFile file = GgufFile.Open(path))
        {
            using GgufWriter writer = GgufWriter.Create(temporary["copy.gguf"], file.Metadata, [.. file.Tensors]);
            foreach (GgufTensor tensor in file.Tensors)
            {
                var bytes = new byte[tensor.ByteCount];
                file.ReadRaw(tensor.Name, 0, bytes);
                writer.WriteRaw(tensor.Name, 0, bytes);
            }

            writer.Commit();
        }

        Assert.True(File.ReadAllBytes(path).AsSpan().SequenceEqual(File.ReadAllBytes(temporary["copy.gguf"])));
    }
}
