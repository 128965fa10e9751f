using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Text.Tests.Golden;

/// <summary>The tokenizers of the real vocabularies, by the names of the golden files.</summary>
internal static class RealTokenizers
{
    public static Tokenizer Load(string name) => name switch
    {
        "smollm2" => TextGoldens.Load(Goldens.Require(TextGoldens.Tokenizers, "real", "smollm2.tokenizer.json.gz")),
        "torchtune_tiny_bpe" => TextGoldens.Load(Goldens.RequireData("tokenizers", "torchtune_tiny", "tiny_bpe_tokenizer.json")),
        "torchtune_llama3_like" => TextGoldens.Load(Goldens.RequireData("tokenizers", "torchtune_tiny", "tokenizer.json.gz")),
        "gpt2" => Gpt2(),
        "starcoder_gguf" => GgufVocabularies.Load(Goldens.RequireData("tokenizers", "gguf", "ggml-vocab-starcoder.gguf.gz")),
        _ => NotBuilt(name),
    };

    /// <summary>GPT-2 from its vocabulary and merges, put into the form of a tokenizer.json.</summary>
    private static Tokenizer Gpt2()
    {
        JsonNode vocabulary = JsonNode.Parse(TextGoldens.Read(Goldens.RequireData("tokenizers", "gpt2", "encoder.json.gz")))!;
        string merges = System.Text.Encoding.UTF8.GetString(TextGoldens.Read(Goldens.RequireData("tokenizers", "gpt2", "vocab.bpe.gz")));
        var json = new JsonObject
        {
            ["added_tokens"] = new JsonArray(new JsonObject
            {
                ["id"] = 50256,
                ["content"] = "<|endoftext|>",
                ["single_word"] = false,
                ["lstrip"] = false,
                ["rstrip"] = false,
                ["normalized"] = false,
                ["special"] = true,
            }),
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = true },
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel" },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray([.. merges.Split('\n').Skip(1).Where(line => line.Length > 0).Select(line => JsonValue.Create(line))]),
            },
        };
        return TokenizerJson.Parse(System.Text.Encoding.UTF8.GetBytes(json.ToJsonString()), "gpt2");
    }

    private static Tokenizer NotBuilt(string name)
    {
        Assert.Skip($"the format of the vocabulary {name} is not built yet");
        return null!;
    }
}
