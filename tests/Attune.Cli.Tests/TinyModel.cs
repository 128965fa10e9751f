using System.Globalization;
using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Tensors;

namespace Attune.Cli.Tests;

/// <summary>A random Llama model of some ten thousand weights with a byte-level tokenizer and a chat template, as a Hugging Face folder.</summary>
internal static class TinyModel
{
    public const int Hidden = 32;
    public const int Intermediate = 64;
    public const int Layers = 2;
    public const int Heads = 4;
    public const int KvHeads = 2;
    public const int Vocabulary = 260;

    private const string Template =
        "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    private static readonly string[] Special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

    /// <summary>Number of parameters; the output layer is the embedding.</summary>
    public static long Parameters => (Vocabulary * Hidden) + Hidden
        + (Layers * ((2L * Hidden * Hidden) + (2 * Hidden * Hidden / 2) + (3 * Hidden * Intermediate) + (2 * Hidden)));

    /// <summary>Writes the model, as wide as asked for.</summary>
    public static string Write(string folder, int hidden = Hidden)
    {
        int intermediate = Intermediate * hidden / Hidden;
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), Config(hidden, intermediate).ToJsonString());
        File.WriteAllText(Path.Combine(folder, "chat_template.jinja"), Template);
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), Tokenizer().ToJsonString());
        File.WriteAllText(
            Path.Combine(folder, "tokenizer_config.json"), """{"bos_token": "<|endoftext|>", "eos_token": "<|im_end|>", "tokenizer_class": "PreTrainedTokenizerFast"}""");
        WriteWeights(Path.Combine(folder, "model.safetensors"), hidden, intermediate);
        return folder;
    }

    /// <summary>Rows of a conversation, short and alike, so that a model can learn them.</summary>
    public static string WriteChats(string path, int rows = 24)
    {
        string[] names = ["river", "stone", "cloud", "field", "tower", "garden"];
        File.WriteAllLines(path, Enumerable.Range(0, rows).Select(i => string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"messages": [{"role": "user", "content": "word {{i}}?"}, {"role": "assistant", "content": "{{names[i % names.Length]}} {{i / 6}}"}]}""")));
        return path;
    }

    private static JsonObject Config(int hidden, int intermediate) => new()
    {
        ["architectures"] = new JsonArray("LlamaForCausalLM"),
        ["model_type"] = "llama",
        ["vocab_size"] = Vocabulary,
        ["hidden_size"] = hidden,
        ["intermediate_size"] = intermediate,
        ["num_hidden_layers"] = Layers,
        ["num_attention_heads"] = Heads,
        ["num_key_value_heads"] = KvHeads,
        ["max_position_embeddings"] = 128,
        ["rms_norm_eps"] = 1e-5,
        ["rope_theta"] = 10000.0,
        ["hidden_act"] = "silu",
        ["tie_word_embeddings"] = true,
        ["bos_token_id"] = 256,
        ["eos_token_id"] = 258,
        ["dtype"] = "float32",
    };

    private static JsonObject Tokenizer()
    {
        var vocabulary = new JsonObject();
        int above = 256;
        for (int value = 0; value < 256; value++)
        {
            bool isVisible = value is (>= 33 and <= 126) or (>= 161 and <= 172) or >= 174;
            vocabulary[((char)(isVisible ? value : above++)).ToString()] = value;
        }

        var added = new JsonArray();
        for (int i = 0; i < Special.Length; i++)
        {
            vocabulary[Special[i]] = 256 + i;
            added.Add(new JsonObject
            {
                ["id"] = 256 + i,
                ["content"] = Special[i],
                ["single_word"] = false,
                ["lstrip"] = false,
                ["rstrip"] = false,
                ["normalized"] = false,
                ["special"] = true,
            });
        }

        JsonObject ByteLevel(bool useRegex) => new() { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = useRegex };
        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = added,
            ["normalizer"] = null,
            ["pre_tokenizer"] = ByteLevel(true),
            ["post_processor"] = null,
            ["decoder"] = ByteLevel(true),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = null,
                ["continuing_subword_prefix"] = null,
                ["end_of_word_suffix"] = null,
                ["fuse_unk"] = false,
                ["byte_fallback"] = false,
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray(),
            },
        };
    }

    private static void WriteWeights(string path, int hidden, int intermediate)
    {
        var tensors = new List<(string Name, Shape Shape)> { ("model.embed_tokens.weight", [Vocabulary, hidden]) };
        for (int i = 0; i < Layers; i++)
        {
            string block = string.Create(CultureInfo.InvariantCulture, $"model.layers.{i}.");
            int kv = hidden / Heads * KvHeads;
            tensors.AddRange(
            [
                ($"{block}self_attn.q_proj.weight", [hidden, hidden]),
                ($"{block}self_attn.k_proj.weight", [kv, hidden]),
                ($"{block}self_attn.v_proj.weight", [kv, hidden]),
                ($"{block}self_attn.o_proj.weight", [hidden, hidden]),
                ($"{block}mlp.gate_proj.weight", [intermediate, hidden]),
                ($"{block}mlp.up_proj.weight", [intermediate, hidden]),
                ($"{block}mlp.down_proj.weight", [hidden, intermediate]),
                ($"{block}input_layernorm.weight", [hidden]),
                ($"{block}post_attention_layernorm.weight", [hidden]),
            ]);
        }

        tensors.Add(("model.norm.weight", [hidden]));
        var random = new Random(7);
        using SafetensorsWriter writer = SafetensorsWriter.Create(path, tensors.Select(tensor => new TensorInfo(tensor.Name, DType.F32, tensor.Shape)), new Dictionary<string, string> { ["format"] = "pt" });
        foreach ((string name, Shape shape) in tensors)
        {
            float[] values = [.. Enumerable.Range(0, (int)shape.Count).Select(_ => shape.Rank == 1 ? 1f : (float)((random.NextDouble() - 0.5) * 0.2))];
            writer.Write<float>(name, values);
        }

        writer.Commit();
    }
}
