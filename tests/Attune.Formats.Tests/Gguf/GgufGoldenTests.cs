using System.IO.Compression;
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

    [Fact]
    [Trait("Category", "Golden")]
    public void Vocabularies_without_weights_give_their_tokenizers()
    {
        string folder = Goldens.RequireData("tokenizers", "gguf");
        using var temporary = new TemporaryFolder();
        int files = 0;
        foreach (string packed in Directory.EnumerateFiles(folder, "*.gguf.gz"))
        {
            using (var source = new GZipStream(File.OpenRead(packed), CompressionMode.Decompress))
            using (FileStream target = File.Create(temporary["vocabulary.gguf"]))
            {
                source.CopyTo(target);
            }

            using GgufFile file = GgufFile.Open(temporary["vocabulary.gguf"]);
            GgufTokenizerSource tokenizer = Assert.IsType<GgufTokenizerSource>(file.ReadTokenizer());
            Assert.Contains(tokenizer.Model, new[] { "gpt2", "llama", "bert" });
            Assert.Equal(tokenizer.Tokens.Count, tokenizer.TokenTypes!.Count);
            Assert.Empty(file.Names);
            files++;
        }

        Assert.True(files > 0, $"no vocabularies in {folder}");
    }
}
