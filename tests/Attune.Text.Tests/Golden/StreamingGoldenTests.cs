using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Text.Tests.Golden;

[Trait("Category", "Golden")]
public class StreamingGoldenTests
{
    public static TheoryData<string> Names
    {
        get
        {
            string path = Path.Combine(Goldens.Root, TextGoldens.Tokenizers, "features/streaming.jsonl.gz");
            return File.Exists(path)
                ? new TheoryData<string>(TextGoldens.Lines(path).Select(row => (string)row["tokenizer"]!).Distinct())
                : new TheoryData<string>(Goldens.None);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Gives_the_steps_of_the_reference(string name)
    {
        string folder = Goldens.Require(TextGoldens.Tokenizers);
        string own = Path.Combine(folder, "features", name + ".tokenizer.json");
        Tokenizer tokenizer = TextGoldens.Load(File.Exists(own) ? own : Goldens.Require(TextGoldens.Tokenizers, "trained", name, "tokenizer.json"));
        foreach (JsonNode row in TextGoldens.Lines(Path.Combine(folder, "features/streaming.jsonl.gz")).Where(row => (string)row["tokenizer"]! == name))
        {
            int[] ids = TextGoldens.Ints(row["ids"]);
            StreamingDecoder decoder = tokenizer.CreateStreamingDecoder(skipSpecialTokens: true);
            Assert.Equal(row["steps"]!.AsArray().Select(step => (string?)step ?? ""), ids.Select(decoder.Append));
            Assert.Equal((string)row["whole"]!, tokenizer.Decode(ids, skipSpecialTokens: true));
        }
    }
}
