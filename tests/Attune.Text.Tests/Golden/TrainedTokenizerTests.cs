using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Text.Tests.Golden;

[Trait("Category", "Golden")]
public class TrainedTokenizerTests
{
    public static TheoryData<string> Trained => Goldens.Folders(TextGoldens.Tokenizers + "/trained");

    [Theory]
    [MemberData(nameof(Trained))]
    public void Encodes_and_decodes_as_the_reference(string name)
    {
        string folder = Goldens.Require(TextGoldens.Tokenizers, "trained", name);
        Tokenizer tokenizer = TextGoldens.Load(Path.Combine(folder, "tokenizer.json"));
        CheckRows(tokenizer, folder);
    }

    [Theory]
    [MemberData(nameof(Trained))]
    public void Writes_what_reads_back_the_same(string name)
    {
        string folder = Goldens.Require(TextGoldens.Tokenizers, "trained", name);
        string path = Path.Combine(folder, "tokenizer.json");
        string written = TokenizerJson.Write(TextGoldens.Load(path));

        JsonNode expected = JsonNode.Parse(TextGoldens.Read(path))!;
        Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(written)), "the written tokenizer.json differs from the one read");
        CheckRows(TokenizerJson.Parse(System.Text.Encoding.UTF8.GetBytes(written), "written"), folder);
    }

    private static void CheckRows(Tokenizer tokenizer, string folder)
    {
        foreach (JsonNode row in TextGoldens.Lines(Path.Combine(folder, "encode.jsonl.gz")))
        {
            string text = (string)row["text"]!;
            int[] ids = TextGoldens.Ints(row["ids"]);
            Encoding encoding = tokenizer.Encode(text);
            Assert.Equal(ids, encoding.Ids);
            Assert.True(TextGoldens.Ints(row["off"]).SequenceEqual(TextGoldens.Flat(encoding)), $"offsets of '{text}': {row["off"]!.ToJsonString()} expected, {string.Join(',', TextGoldens.Flat(encoding))} found");
            Assert.Equal(TextGoldens.Ints(row["ids_special"] ?? row["ids"]), tokenizer.Encode(text, addSpecialTokens: true).Ids);
            Assert.Equal((string)row["dec"]!, tokenizer.Decode(ids));
            Assert.Equal((string)(row["dec_skip"] ?? row["dec"])!, tokenizer.Decode(ids, skipSpecialTokens: true));
        }
    }
}
