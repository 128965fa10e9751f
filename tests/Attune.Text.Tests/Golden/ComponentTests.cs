using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Testing;
using Attune.Text.Decoders;
using Attune.Text.Json;
using Attune.Text.Normalizers;
using Attune.Text.Pipeline;
using Attune.Text.PostProcessors;
using Attune.Text.PreTokenizers;

namespace Attune.Text.Tests.Golden;

[Trait("Category", "Golden")]
public class ComponentTests
{
    public static TheoryData<string> Units => TextGoldens.Files(TextGoldens.Tokenizers + "/units", "*.json");

    [Theory]
    [MemberData(nameof(Units))]
    public void Behaves_as_the_reference(string file)
    {
        byte[] content = TextGoldens.Read(Goldens.Require(TextGoldens.Tokenizers, "units", file));
        JsonNode unit = JsonNode.Parse(content)!;
        if (unit["kind"] is null)
        {
            ModelUnits.Check(file, unit);
            return;
        }

        using JsonDocument document = JsonDocument.Parse(content);
        JsonView config = JsonView.Root(document, file)["config"];
        JsonArray cases = unit["cases"]!.AsArray();
        switch ((string)unit["kind"]!)
        {
            case "decoder":
                CheckDecoder(TextGoldens.Built(() => KnownDecoders.All.Read(config)), cases);
                break;
            case "normalizer":
                CheckNormalizer(TextGoldens.Built(() => KnownNormalizers.All.Read(config)), cases);
                break;
            case "pre_tokenizer":
                CheckPreTokenizer(TextGoldens.Built(() => KnownPreTokenizers.All.Read(config)), cases);
                break;
            case "post_processor":
                TextGoldens.Built(() => KnownPostProcessors.All.Read(config));
                CheckPostProcessor(unit["config"]!, cases);
                break;
            default:
                Assert.Skip($"units of kind '{unit["kind"]}' are not built yet");
                break;
        }
    }

    private static void CheckDecoder(IDecoder decoder, JsonArray cases)
    {
        foreach (JsonNode? row in cases)
        {
            List<string> tokens = [.. row![0]!.AsArray().Select(token => (string)token!)];
            decoder.Decode(tokens);
            Assert.Equal((string)row[1]!, string.Concat(tokens));
        }
    }

    private static void CheckNormalizer(INormalizer normalizer, JsonArray cases)
    {
        foreach (JsonNode? row in cases)
        {
            byte[] input = System.Text.Encoding.UTF8.GetBytes((string)row![0]!);
            var source = new AlignedText();
            var target = new AlignedText();
            source.AppendOriginal(input, 0);
            normalizer.Rewrite(source, 0, source.Length, target);
            string expected = (string)row[1]!;
            string actual = System.Text.Encoding.UTF8.GetString(target.Bytes);
            Assert.Equal(expected, actual);
            if (normalizer.LeavesUnchanged(input))
            {
                Assert.Equal((string)row[0]!, actual);
            }
        }
    }

    private static void CheckPreTokenizer(IPreTokenizer preTokenizer, JsonArray cases)
    {
        foreach (JsonNode? row in cases)
        {
            string input = (string)row![0]!;
            var text = new PipelineText();
            text.Start(input);
            preTokenizer.PreTokenize(text);
            text.WriteOutByteLevel();
            var actual = new List<string>();
            foreach (Piece piece in text.Pieces)
            {
                (int start, int end) = text.ToOriginal(piece.Start, piece.End);
                actual.Add($"{System.Text.Encoding.UTF8.GetString(text.Bytes[piece.Start..piece.End])} {CodePoints(text, start)} {CodePoints(text, end)}");
            }

            Assert.Equal(row[1]!.AsArray().Select(piece => $"{(string)piece![0]!} {(int)piece[1]!} {(int)piece[2]!}"), actual);
        }
    }

    private static int CodePoints(PipelineText text, int bytes) =>
        System.Text.Encoding.UTF8.GetString(text.Original[..bytes]).EnumerateRunes().Count();

    private static void CheckPostProcessor(JsonNode config, JsonArray cases)
    {
        foreach (JsonNode? row in cases)
        {
            Tokenizer tokenizer = ModelUnits.WordLevelLike(row!["vocab"]!, row["pre_tokenizer"], config);
            var input = new EncodeInput((string)row["text"]!, (string?)row["pair"]);
            Assert.Equal(TextGoldens.Ints(row["plain"]), tokenizer.Encode(input, new EncodeOptions { AddSpecialTokens = false }).Ids);
            TextGoldens.AssertEqual(row["out"]!, tokenizer.Encode(input, new EncodeOptions()), row["text"]!.ToJsonString());
        }
    }
}
