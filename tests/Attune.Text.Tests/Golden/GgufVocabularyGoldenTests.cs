using System.Globalization;
using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Text.Tests.Golden;

[Trait("Category", "Golden")]
public class GgufVocabularyGoldenTests
{
    public static TheoryData<string> Vectors
    {
        get
        {
            string folder = Path.Combine(Goldens.Data, "tokenizer_vectors", "ggml");
            return Directory.Exists(folder)
                ? new TheoryData<string>(Directory.EnumerateFiles(folder, "*.inp").Select(path => Path.GetFileNameWithoutExtension(path)!).Order(StringComparer.Ordinal))
                : new TheoryData<string>(Goldens.None);
        }
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Encodes_the_test_vectors_of_llama_cpp(string name)
    {
        string inputs = File.ReadAllText(Goldens.RequireData("tokenizer_vectors", "ggml", name + ".inp"));
        string[] outputs = File.ReadAllLines(Goldens.RequireData("tokenizer_vectors", "ggml", name + ".out"));
        Tokenizer tokenizer = GgufVocabularies.Load(Goldens.RequireData("tokenizers", "gguf", name + ".gz"));
        string[] texts = inputs.Split("\n__ggml_vocab_test__\n");
        for (int i = 0; i < outputs.Length; i++)
        {
            int[] expected = [.. outputs[i].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => int.Parse(id, CultureInfo.InvariantCulture))];
            Assert.Equal(expected, tokenizer.Encode(texts[i]).Ids);
        }
    }

    [Fact]
    public void Model_file_gives_the_tokenizer_of_its_tokenizer_json()
    {
        string folder = Goldens.RequireModel("SmolLM2-135M-Instruct-GGUF");
        Tokenizer fromGguf = GgufVocabularies.Load(Directory.EnumerateFiles(folder, "*.gguf").Single());
        string path = Goldens.Require(TextGoldens.Tokenizers, "real", "smollm2.jsonl.gz");
        string lines = Goldens.Require(TextGoldens.Tokenizers, "real", "lines.jsonl.gz");
        foreach ((JsonNode line, JsonNode row) in TextGoldens.Lines(lines).Zip(TextGoldens.Lines(path)))
        {
            Encoding encoding = fromGguf.Encode((string)line["text"]!);
            Assert.Equal(TextGoldens.Ints(row["ids"]), encoding.Ids);
            Assert.Equal(TextGoldens.Ints(row["off"]), TextGoldens.Flat(encoding));
        }

        Tokenizer fromJson = RealTokenizers.Load("smollm2");
        Assert.Equal(fromJson.VocabularySize, fromGguf.VocabularySize);
        for (int id = 0; id < fromJson.VocabularySize; id++)
        {
            Assert.Equal(fromJson.IdToToken(id), fromGguf.IdToToken(id));
            Assert.Equal(fromJson.IsSpecial(id), fromGguf.IsSpecial(id));
        }
    }
}
