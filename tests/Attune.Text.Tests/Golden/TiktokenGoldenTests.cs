using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Text.Tests.Golden;

[Trait("Category", "Golden")]
public class TiktokenGoldenTests
{
    [Fact]
    public void Encodes_as_the_reference()
    {
        string folder = Goldens.Require(TextGoldens.Tokenizers, "tiktoken");
        TiktokenOptions options = TextGoldens.ReadTiktokenOptions(JsonNode.Parse(TextGoldens.Read(Path.Combine(folder, "tiny.json")))!);
        byte[] ranks = TextGoldens.Read(Path.Combine(folder, "tiny.tiktoken"));
        Tokenizer all = TiktokenRanks.Parse(ranks, "tiny", options);
        Tokenizer none = TiktokenRanks.Parse(ranks, "tiny", options with { RecognizeSpecialTokens = false });
        Tokenizer one = TiktokenRanks.Parse(ranks, "tiny", options with { SpecialTokens = options.SpecialTokens.Where(entry => entry.Key == "<|fim|>").ToDictionary() });
        Tokenizer written = TokenizerJson.Parse(System.Text.Encoding.UTF8.GetBytes(TokenizerJson.Write(all)), "written");
        foreach (JsonNode row in TextGoldens.Lines(Path.Combine(folder, "tiny.encode.jsonl.gz")))
        {
            string text = (string)row["text"]!;
            Encoding encoding = none.Encode(text);
            Assert.Equal(TextGoldens.Ints(row["ids"]), encoding.Ids);
            Assert.Equal(TextGoldens.Ints(row["off_start"]), encoding.Offsets.Select(offset => offset.Start));
            Assert.Equal(text, none.Decode(encoding.Ids));
            Assert.Equal(TextGoldens.Ints(row["ids_special"]), all.Encode(text).Ids);
            Assert.Equal(TextGoldens.Ints(row["ids_special"]), written.Encode(text).Ids);
            Assert.Equal(TextGoldens.Ints(row["ids_fim"]), one.Encode(text).Ids);
        }
    }
}
