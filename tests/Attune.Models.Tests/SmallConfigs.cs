using System.Text.Json.Nodes;
using Attune.Formats;

namespace Attune.Models.Tests;

/// <summary>Configurations of models of a few hundred weights.</summary>
internal static class SmallConfigs
{
    /// <summary>A configuration of a family.</summary>
    public static ModelConfig Of(string family)
    {
        var values = new JsonObject
        {
            ["model_type"] = family,
            ["vocab_size"] = 20,
            ["hidden_size"] = 8,
            ["num_hidden_layers"] = 2,
            ["num_attention_heads"] = 2,
            ["initializer_range"] = 0.5,
            ["window_size"] = 1,
            ["sliding_window"] = family == "gemma2" ? 4 : (int?)null,
            ["max_position_embeddings"] = 32,
        };
        foreach (string key in (ReadOnlySpan<string>)["num_local_experts", "moe_intermediate_size", "d_model", "d_ff", "d_kv", "dim", "hidden_dim", "encoder_ffn_dim", "decoder_ffn_dim"])
        {
            values[key] = 8;
        }

        foreach (string key in (ReadOnlySpan<string>)["num_heads", "n_heads", "n_layers", "num_layers", "encoder_layers", "decoder_layers", "encoder_attention_heads", "decoder_attention_heads"])
        {
            values[key] = 2;
        }

        foreach ((string key, int value) in (ReadOnlySpan<(string, int)>)[("head_dim", 8), ("n_groups", 2), ("first_k_dense_replace", 0), ("n_group", 2), ("topk_group", 2), ("num_experts_per_tok", 2)])
        {
            values[key] = value;
        }

        if (family != "gpt2")
        {
            values["intermediate_size"] = 16;
        }

        return new ModelConfig(values);
    }
}
