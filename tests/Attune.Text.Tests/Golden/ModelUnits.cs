using System.Text.Json.Nodes;

namespace Attune.Text.Tests.Golden;

/// <summary>Units of models and added tokens, whose files have forms of their own.</summary>
internal static class ModelUnits
{
    public static void Check(string file, JsonNode unit)
    {
        switch (file)
        {
            case "model_bpe.json":
                CheckBpe(unit);
                break;
            case "model_unigram.json":
                CheckUnigram(unit);
                break;
            case "model_wordpiece.json":
                CheckWordPiece(unit);
                break;
            case "added_tokens.json":
                CheckAddedTokens(unit);
                break;
            default:
                Assert.Skip($"the component of {file} is not built yet");
                break;
        }
    }

    /// <summary>A tokenizer with a model that takes every piece as a whole, as the units of post-processors use it.</summary>
    public static Tokenizer WordLevelLike(JsonNode vocabulary, JsonNode? preTokenizer, JsonNode postProcessor) => Parse(new JsonObject
    {
        ["pre_tokenizer"] = preTokenizer?.DeepClone(),
        ["post_processor"] = postProcessor.DeepClone(),
        ["model"] = new JsonObject { ["type"] = "WordLevel", ["vocab"] = vocabulary.DeepClone(), ["unk_token"] = "[UNK]" },
    });

    private static void CheckBpe(JsonNode unit)
    {
        foreach (JsonNode? set in unit["sets"]!.AsArray())
        {
            JsonObject model = set!["options"]!.DeepClone().AsObject();
            model["type"] = "BPE";
            model["vocab"] = unit["vocab"]!.DeepClone();
            model["merges"] = set["merges"]!.DeepClone();
            CheckCases(set["cases"]!, new JsonObject { ["model"] = model });
        }
    }

    private static void CheckUnigram(JsonNode unit)
    {
        foreach (JsonNode? set in unit["sets"]!.AsArray())
        {
            CheckCases(set!["cases"]!, new JsonObject
            {
                ["model"] = new JsonObject
                {
                    ["type"] = "Unigram",
                    ["unk_id"] = unit["unk_id"]!.DeepClone(),
                    ["byte_fallback"] = set["byte_fallback"]!.DeepClone(),
                    ["vocab"] = unit["vocab"]!.DeepClone(),
                },
            });
        }
    }

    private static void CheckWordPiece(JsonNode unit) => CheckCases(unit["cases"]!, new JsonObject
    {
        ["pre_tokenizer"] = new JsonObject { ["type"] = "WhitespaceSplit" },
        ["model"] = new JsonObject
        {
            ["type"] = "WordPiece",
            ["unk_token"] = "[UNK]",
            ["max_input_chars_per_word"] = unit["max_input_chars_per_word"]!.DeepClone(),
            ["vocab"] = unit["vocab"]!.DeepClone(),
        },
    });

    private static void CheckCases(JsonNode cases, JsonObject json)
    {
        Tokenizer tokenizer = Parse(json);
        foreach (JsonNode? row in cases.AsArray())
        {
            Encoding encoding = tokenizer.Encode((string)row![0]!);
            Assert.Equal(TextGoldens.Ints(row[1]), encoding.Ids);
            Assert.Equal(TextGoldens.Ints(row[2]), TextGoldens.Flat(encoding));
        }
    }

    private static void CheckAddedTokens(JsonNode unit)
    {
        foreach (JsonNode? set in unit["sets"]!.AsArray())
        {
            Tokenizer tokenizer = Parse(new JsonObject
            {
                ["added_tokens"] = set!["added_tokens"]!.DeepClone(),
                ["normalizer"] = new JsonObject { ["type"] = "Lowercase" },
                ["pre_tokenizer"] = new JsonObject { ["type"] = "WhitespaceSplit" },
                ["model"] = new JsonObject { ["type"] = "BPE", ["unk_token"] = "<unk>", ["vocab"] = unit["vocab"]!.DeepClone(), ["merges"] = new JsonArray() },
            });
            foreach (JsonNode? row in set["cases"]!.AsArray())
            {
                Encoding encoding = tokenizer.Encode((string)row![0]!);
                string place = $"{set["name"]}: {row.ToJsonString()}";
                Assert.True(TextGoldens.Ints(row[1]).SequenceEqual(encoding.Ids), $"{place} gave {string.Join(',', encoding.Ids)}");
                Assert.True(TextGoldens.Ints(row[3]).SequenceEqual(TextGoldens.Flat(encoding)), $"{place} gave {string.Join(',', TextGoldens.Flat(encoding))}");
                Assert.Equal((string)row[4]!, tokenizer.Decode(encoding.Ids, skipSpecialTokens: true));
                Assert.Equal((string)row[5]!, tokenizer.Decode(encoding.Ids));
            }
        }
    }

    private static Tokenizer Parse(JsonObject json) =>
        TextGoldens.Built(() => TokenizerJson.Parse(System.Text.Encoding.UTF8.GetBytes(json.ToJsonString()), "unit"));
}
