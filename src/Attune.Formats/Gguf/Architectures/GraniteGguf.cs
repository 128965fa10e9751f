using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>Granite 3: Llama with factors of embeddings, scores, branches and logits.</summary>
internal sealed class GraniteGguf() : GgufArchitecture("granite", ["granite"], "GraniteForCausalLM")
{
    internal override GgufNames Names => GgufNames.Interleaved;

    internal override GgufSettings Settings { get; } = GgufSettings.Llama with { UsualEpsilon = 1e-6 };

    internal override IReadOnlyList<GgufKey> Keys { get; } =
    [
        GgufKey.Number("attention.scale", "attention_multiplier", 1),
        GgufKey.Number("embedding_scale", "embedding_multiplier", 1),
        GgufKey.Number("residual_scale", "residual_multiplier", 1),
        GgufKey.Number("logit_scale", "logits_scaling", 1),
    ];

    internal override void ReadConfig(GgufFile file, JsonObject config)
    {
        config["attention_bias"] = file.Contains("blk.0.attn_q.bias");
        config["mlp_bias"] = file.Contains("blk.0.ffn_gate.bias");
    }
}
