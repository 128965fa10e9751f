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
        "minilm" => WordPieceVocabulary.Parse(TextGoldens.Read(Goldens.RequireData("tokenizers", "bert_base_uncased", "vocab.txt.gz")), name),
        "t5" => SentencePiece("t5", "spiece.model.gz"),
        "llama2" => SentencePiece("llama2", "tokenizer.model.gz"),
        "torchtune_m" => SentencePiece("torchtune_tiny", "m.model.gz"),
        "r50k_base" or "cl100k_base" => Tiktoken(name, special: false),
        "torchtune_tiktoken_small" => Tiktoken(name, special: false),
        _ => NotBuilt(name),
    };

    /// <summary>A tiktoken vocabulary of the shared data.</summary>
    /// <param name="name">Its name in the settings.</param>
    /// <param name="special">Whether special tokens are recognised in text.</param>
    public static Tokenizer Tiktoken(string name, bool special)
    {
        JsonNode settings = JsonNode.Parse(TextGoldens.Read(Goldens.Require(TextGoldens.Tokenizers, "real", "tiktoken_settings.json")))![name]!;
        string path = name == "torchtune_tiktoken_small"
            ? Goldens.RequireData("tokenizers", "torchtune_tiny", "tiktoken_small.model")
            : Goldens.RequireData("tokenizers", "tiktoken", name + ".tiktoken.gz");
        return TiktokenRanks.Parse(TextGoldens.Read(path), name, TextGoldens.ReadTiktokenOptions(settings) with { RecognizeSpecialTokens = special });
    }

    private static Tokenizer SentencePiece(string folder, string file) => SentencePieceModel.Parse(
        TextGoldens.Read(Goldens.RequireData("tokenizers", folder, file)),
        file,
        new SentencePieceOptions { RecognizeSpecialTokens = false });

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
