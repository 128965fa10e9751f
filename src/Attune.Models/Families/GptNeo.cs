using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;
using Attune.Nn.Blocks;
using Attune.Nn.FeedForward;
using Attune.Tensors;

namespace Attune.Models.Families;

/// <summary>GPT-Neo (Black et al. 2021): GPT-2 with scores that are not scaled and windows in every other layer.</summary>
internal static class GptNeo
{
    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        DecoderConfig c = DecoderConfig.Read(config, epsilon: 1e-5, tied: true, padding: false);
        Activation activation = Activations.FromConfig(config, "activation_function", "gelu_new");
        int[] windows = Windows(config, c.Layers);
        return Gpt2.Build(
            c,
            weights,
            (at, layer) =>
            {
                WeightBuilder inner = at.At("attn").At("attention");
                inner.Ignore("bias");
                inner.Ignore("masked_bias");
                AttentionParts attention = c.SeparateAttention(inner, layer, "out_proj", bias: false, outputBias: true) with
                {
                    Options = new AttentionOptions(1) { Window = windows[layer] },
                };
                return new SequentialBlock(
                    at,
                    new Branch(at.LayerNorm("ln_1", c.HiddenSize, c.NormEpsilon), new SelfAttention(inner.Path, attention)),
                    new Branch(at.LayerNorm("ln_2", c.HiddenSize, c.NormEpsilon), c.Mlp(at.At("mlp"), "c_fc", "c_proj", bias: true, activation)));
            },
            ["q_proj", "v_proj"]);
    }

    /// <summary>The windows, which files give as a pattern that repeats or layer by layer.</summary>
    private static int[] Windows(ModelConfig config, int layers)
    {
        int window = config.GetPositive("window_size", 256);
        IReadOnlyList<string> kinds = config.FindStrings("attention_layers") ?? Pattern(config, layers);
        return kinds.Count == layers && kinds.All(kind => kind is "global" or "local")
            ? [.. kinds.Select(kind => kind == "local" ? window : 0)]
            : throw config.Wrong(config.Present("attention_layers", "attention_types"), $"{layers} texts, each \"global\" or \"local\"");
    }

    /// <summary><c>attention_types</c>: pairs of a list of kinds and how often it is repeated; by default one of each in turn.</summary>
    private static List<string> Pattern(ModelConfig config, int layers)
    {
        if (!config.Has("attention_types"))
        {
            return [.. Enumerable.Range(0, layers).Select(layer => layer % 2 == 0 ? "global" : "local")];
        }

        var kinds = new List<string>();
        foreach (JsonNode? pair in config.ToJsonObject()["attention_types"] as JsonArray ?? throw Malformed())
        {
            if (pair is not JsonArray { Count: 2 } parts || parts[0] is not JsonArray group || parts[1] is not JsonValue times || !times.TryGetValue(out int count) || count < 0)
            {
                throw Malformed();
            }

            string[] names = [.. group.Select(name => name is JsonValue value && value.TryGetValue(out string? text) ? text : throw Malformed())];
            for (int i = 0; i < count && names.Length > 0; i++)
            {
                kinds.AddRange(kinds.Count <= layers ? names : throw Malformed());
            }
        }

        return kinds;

        ModelFileException Malformed() => config.Wrong("attention_types", $"lists such as [[[\"global\", \"local\"], {layers / 2}]] for {layers} layers");
    }
}
