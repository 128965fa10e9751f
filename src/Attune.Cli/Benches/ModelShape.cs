using System.Text.Json;
using Attune.Formats;

namespace Attune.Cli.Benches;

/// <summary>Sizes of well-known Llama-shaped models, for measurements with random weights.</summary>
internal sealed record ModelShape(string Name, int Hidden, int Layers, int Heads, int KvHeads, int Intermediate, int Vocabulary, bool TiedEmbedding)
{
    /// <summary>SmolLM2-135M, Qwen2-0.5B and TinyLlama-1.1B, all with heads of 64.</summary>
    private static readonly ModelShape[] All =
    [
        new("135m", 576, 30, 9, 3, 1536, 49152, true),
        new("0.5b", 896, 24, 14, 2, 4864, 151936, true),
        new("1.1b", 2048, 22, 32, 4, 5632, 32000, false),
    ];

    /// <summary>The shape with a name.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static ModelShape Find(string name) =>
        All.FirstOrDefault(shape => shape.Name == name)
        ?? throw new UsageException($"shape: expected {string.Join(", ", All.Select(shape => shape.Name))}, found '{name}'");

    /// <summary>Its configuration.</summary>
    public ModelConfig ToConfig() => ModelConfig.Parse(
        JsonSerializer.SerializeToUtf8Bytes(new
        {
            model_type = "llama",
            hidden_size = Hidden,
            num_hidden_layers = Layers,
            num_attention_heads = Heads,
            num_key_value_heads = KvHeads,
            head_dim = 64,
            intermediate_size = Intermediate,
            vocab_size = Vocabulary,
            tie_word_embeddings = TiedEmbedding,
            max_position_embeddings = 131072,
            rms_norm_eps = 1e-5,
            rope_theta = 1e5,
        }),
        $"shape {Name}");
}
