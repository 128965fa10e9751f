using System.Text.Json.Nodes;
using Attune.Text.Unicode;

namespace Attune.Text.Tests;

/// <summary>Tokenizers made for tests.</summary>
internal static class SmallTokenizers
{
    /// <summary>A tokenizer.json of byte-level BPE with all 256 bytes, some merges, and two special tokens.</summary>
    public static JsonObject ByteLevelJson()
    {
        var vocabulary = new JsonObject();
        for (int i = 0; i < 256; i++)
        {
            vocabulary[ByteAlphabet.ToCharacter((byte)i).ToString()] = i;
        }

        string[][] merges = [["a", "a"], ["aa", "aa"], ["Ġ", "Ġ"], ["ĠĠ", "ĠĠ"], ["h", "e"], ["Ġ", "t"], ["Ġt", "he"], ["Ã", "©"], ["ð", "Ł"]];
        foreach (string[] merge in merges)
        {
            vocabulary[merge[0] + merge[1]] = vocabulary.Count;
        }

        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(Added(300, "<|end|>"), Added(301, "<|pad|>")),
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = true },
            ["post_processor"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = true, ["trim_offsets"] = false, ["use_regex"] = true },
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = true, ["trim_offsets"] = true, ["use_regex"] = true },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray([.. merges.Select(merge => new JsonArray(merge[0], merge[1]))]),
            },
        };
    }

    public static Tokenizer ByteLevel(Action<JsonObject>? change = null)
    {
        JsonObject json = ByteLevelJson();
        change?.Invoke(json);
        return Parse(json);
    }

    public static Tokenizer Parse(JsonObject json) => TokenizerJson.Parse(System.Text.Encoding.UTF8.GetBytes(json.ToJsonString()), "t.json");

    public static JsonObject Added(int id, string content, bool special = true, bool single = false, bool before = false, bool behind = false) => new()
    {
        ["id"] = id,
        ["content"] = content,
        ["single_word"] = single,
        ["lstrip"] = before,
        ["rstrip"] = behind,
        ["normalized"] = false,
        ["special"] = special,
    };
}
