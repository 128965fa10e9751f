using System.IO.Compression;
using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Tensors;

namespace Attune.Testing;

/// <summary>Random models of some thousand weights over a SentencePiece vocabulary.</summary>
public static class SentencePieceModels
{
    private const int Width = 16;

    /// <summary>Writes a Gemma model with a copy of a tokenizer.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="tokenizerJson">The tokenizer: BPE, or Unigram, whose normaliser is left out.</param>
    /// <param name="blankFirst">Whether a blank is put before the text, as Llama 2 has it; Gemma itself does not.</param>
    public static string Write(string folder, string tokenizerJson, bool blankFirst)
    {
        JsonObject tokenizer = JsonNode.Parse(File.ReadAllText(tokenizerJson))!.AsObject();
        tokenizer["normalizer"] = null;
        tokenizer["pre_tokenizer"] = new JsonObject { ["type"] = "Metaspace", ["replacement"] = "\u2581", ["prepend_scheme"] = blankFirst ? "always" : "never", ["split"] = false };
        WriteModel(folder, tokenizer["model"]!["vocab"] is JsonArray pieces ? pieces.Count : tokenizer["model"]!["vocab"]!.AsObject().Count);
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), tokenizer.ToJsonString());
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), """{"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}""");
        return folder;
    }

    /// <summary>Writes a Gemma model with a SentencePiece model and no tokenizer.json.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="fileName">Name of the SentencePiece model in the folder.</param>
    /// <param name="content">Its gzipped content.</param>
    /// <param name="tokenizerClass">The tokenizer's class.</param>
    /// <param name="vocabulary">Number of tokens, special ones included.</param>
    public static string Write(string folder, string fileName, string content, string tokenizerClass, int vocabulary)
    {
        WriteModel(folder, vocabulary);
        using (var packed = new GZipStream(File.OpenRead(content), CompressionMode.Decompress))
        using (FileStream file = File.Create(Path.Combine(folder, fileName)))
        {
            packed.CopyTo(file);
        }

        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), $$"""{"tokenizer_class": "{{tokenizerClass}}", "eos_token": "</s>", "unk_token": "<unk>"}""");
        return folder;
    }

    private static void WriteModel(string folder, int vocabulary)
    {
        Directory.CreateDirectory(folder);
        var config = new JsonObject
        {
            ["architectures"] = new JsonArray("GemmaForCausalLM"),
            ["model_type"] = "gemma",
            ["vocab_size"] = vocabulary,
            ["hidden_size"] = Width,
            ["intermediate_size"] = 2 * Width,
            ["num_hidden_layers"] = 1,
            ["num_attention_heads"] = 2,
            ["num_key_value_heads"] = 1,
            ["head_dim"] = 8,
            ["max_position_embeddings"] = 128,
            ["rms_norm_eps"] = 1e-6,
            ["hidden_activation"] = "gelu_pytorch_tanh",
            ["eos_token_id"] = 2,
            ["dtype"] = "float32",
        };
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString());
        WriteWeights(Path.Combine(folder, "model.safetensors"),
        [
            ("model.embed_tokens.weight", [vocabulary, Width]), ("model.norm.weight", [Width]),
            ("model.layers.0.input_layernorm.weight", [Width]), ("model.layers.0.post_attention_layernorm.weight", [Width]),
            ("model.layers.0.self_attn.q_proj.weight", [16, Width]), ("model.layers.0.self_attn.k_proj.weight", [8, Width]), ("model.layers.0.self_attn.v_proj.weight", [8, Width]),
            ("model.layers.0.self_attn.o_proj.weight", [Width, 16]),
            ("model.layers.0.mlp.gate_proj.weight", [2 * Width, Width]), ("model.layers.0.mlp.up_proj.weight", [2 * Width, Width]), ("model.layers.0.mlp.down_proj.weight", [Width, 2 * Width]),
        ]);
    }

    private static void WriteWeights(string path, (string Name, Shape Shape)[] tensors)
    {
        var random = new Random(5);
        using SafetensorsWriter writer = SafetensorsWriter.Create(path, tensors.Select(tensor => new TensorInfo(tensor.Name, DType.F32, tensor.Shape)));
        foreach ((string name, Shape shape) in tensors)
        {
            writer.Write<float>(name, [.. Enumerable.Range(0, (int)shape.Count).Select(_ => (float)(random.NextDouble() - 0.5))]);
        }

        writer.Commit();
    }
}
