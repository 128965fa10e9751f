using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Text.Tests.Golden;

[Trait("Category", "Golden")]
public class FeatureGoldenTests
{
    public static TheoryData<string, string> Cases
    {
        get
        {
            var rows = new TheoryData<string, string>();
            string path = Path.Combine(Goldens.Root, TextGoldens.Tokenizers, "features/features.jsonl.gz");
            if (!File.Exists(path))
            {
                rows.Add(Goldens.None, Goldens.None);
                return rows;
            }

            foreach ((string Tokenizer, string Kind) row in TextGoldens.Lines(path).Select(row => ((string)row["tokenizer"]!, (string)row["kind"]!)).Distinct())
            {
                rows.Add(row.Tokenizer, row.Kind);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Pairs_words_truncation_and_padding_are_as_in_the_reference(string name, string kind)
    {
        string folder = Goldens.Require(TextGoldens.Tokenizers);
        string own = Path.Combine(folder, "features", name + ".tokenizer.json");
        Tokenizer tokenizer = TextGoldens.Load(File.Exists(own) ? own : Goldens.Require(TextGoldens.Tokenizers, "trained", name, "tokenizer.json"));
        int count = 0;
        foreach (JsonNode row in TextGoldens.Lines(Path.Combine(folder, "features/features.jsonl.gz")))
        {
            if ((string)row["tokenizer"]! == name && (string)row["kind"]! == kind)
            {
                Check(tokenizer, row, $"{kind} {count++}");
            }
        }

        Assert.NotEqual(0, count);
    }

    private static void Check(Tokenizer tokenizer, JsonNode row, string place)
    {
        var options = new EncodeOptions { Truncation = ReadTruncation(row["truncation"]), Padding = ReadPadding(row["padding"]) };
        JsonNode expected = row["out"]!;
        switch ((string)row["kind"]!)
        {
            case "batch":
                IReadOnlyList<Encoding> batch = tokenizer.EncodeBatch([.. row["texts"]!.AsArray().Select(text => (EncodeInput)(string)text!)], options);
                Assert.Equal(expected.AsArray().Count, batch.Count);
                for (int i = 0; i < batch.Count; i++)
                {
                    TextGoldens.AssertEqual(expected[i]!, batch[i], $"{place}, text {i}");
                }

                break;
            case "words":
                Encoding words = tokenizer.Encode(EncodeInput.OfWords([.. row["words"]!.AsArray().Select(word => (string)word!)]), options);
                TextGoldens.AssertEqual(expected, words, place);
                Assert.Equal(row["first_piece_tags"]!.AsArray().Select(tag => (string?)tag), FirstPieceTags(words, row["tags"]!.AsArray()));
                break;
            case "qa" or "pair":
                var pair = new EncodeInput((string)row["text"]!, (string)row["pair"]!);
                if (expected["error"] is not null)
                {
                    Assert.Throws<TextException>(() => tokenizer.Encode(pair, options));
                    break;
                }

                TextGoldens.AssertEqual(expected, tokenizer.Encode(pair, options), place);
                break;
            default:
                Assert.Skip($"features of kind '{row["kind"]}' are not built yet");
                break;
        }
    }

    private static IEnumerable<string?> FirstPieceTags(Encoding words, JsonArray tags)
    {
        int? last = null;
        foreach (int? word in words.WordIds)
        {
            yield return word is { } index && word != last ? (string)tags[index]! : null;
            last = word;
        }
    }

    private static TruncationOptions? ReadTruncation(JsonNode? json) => json is null ? null : new TruncationOptions
    {
        MaxLength = (int)json["max_length"]!,
        Stride = (int?)json["stride"] ?? 0,
        Strategy = (string?)json["strategy"] switch
        {
            "only_first" => TruncationStrategy.OnlyFirst,
            "only_second" => TruncationStrategy.OnlySecond,
            _ => TruncationStrategy.LongestFirst,
        },
        Side = Side(json),
    };

    private static PaddingOptions? ReadPadding(JsonNode? json) => json is null ? null : new PaddingOptions
    {
        Length = (int?)json["length"],
        MultipleOf = (int?)json["pad_to_multiple_of"],
        PadId = (int)json["pad_id"]!,
        Side = Side(json),
    };

    private static TextSide Side(JsonNode json) => (string?)json["direction"] == "left" ? TextSide.Left : TextSide.Right;
}
