using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>Phi-3, 3.5 and 4: fused projections of queries, keys and values, and of gate and up; LongRoPE for long texts.</summary>
internal sealed class Phi3Gguf() : GgufArchitecture("phi3", ["phi3"], "Phi3ForCausalLM")
{
    private const string OriginalKey = "original_max_position_embeddings";

    private static readonly GgufWindows Windows = new(GgufWindows.All);

    internal override GgufSettings Settings { get; } = GgufSettings.Llama with { HasHeadSize = false, UsualEpsilon = 1e-5 };

    internal override GgufNames Names { get; } = GgufNames.LlamaLike.With(new Renamed("attn_qkv", "self_attn.qkv_proj"), new Renamed("ffn_up", "mlp.gate_up_proj"));

    internal override void ReadConfig(GgufFile file, JsonObject config)
    {
        GgufKey.Count("rope.scaling.original_context_length", OriginalKey).Read(file.Metadata, Name, config);
        Windows.Read(file.Metadata, Name, config, "num_hidden_layers");
    }

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata)
    {
        metadata[$"{Name}.rope.scaling.original_context_length"] = (uint)(config.Rope().FindPositive(OriginalKey) ?? config.GetPositive("max_position_embeddings"));
        if (config.Has("sliding_window"))
        {
            Windows.Write(config, Name, metadata, config.GetCount("num_hidden_layers"), static _ => true);
        }
        else
        {
            // llama.cpp tells Phi-4 from the others by this zero.
            metadata[$"{Name}.attention.sliding_window"] = 0u;
        }
    }
}
