using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>Llama and what has its form: Mistral, whose layers have windows, and Mixtral, whose layers have experts. Rows of q and k are interleaved, biases possible.</summary>
internal sealed class LlamaGguf() : GgufArchitecture("llama", ["llama", "mistral", "mixtral"], "LlamaForCausalLM")
{
    private const int MistralWindow = 4096;

    private static readonly GgufWindows Windows = new(GgufWindows.All);

    private static readonly GgufExperts Experts = new("num_local_experts", usualUsed: 2);

    internal override GgufNames Names { get; } = GgufNames.Interleaved.With(
    [
        new Renamed("ffn_gate_inp", "block_sparse_moe.gate"),
        .. GgufExperts.Layers("block_sparse_moe.experts.", gate: "w1", up: "w3", down: "w2"),
    ]);

    internal override void ReadConfig(GgufFile file, JsonObject config)
    {
        if (Experts.Read(file, Name, config))
        {
            (config["architectures"], config["model_type"]) = (new JsonArray("MixtralForCausalLM"), "mixtral");
            Windows.Read(file.Metadata, Name, config, "num_hidden_layers");
            return;
        }

        if (Windows.Read(file.Metadata, Name, (int)config["num_hidden_layers"]!) is not null)
        {
            (config["architectures"], config["model_type"]) = (new JsonArray("MistralForCausalLM"), "mistral");
            Windows.Read(file.Metadata, Name, config, "num_hidden_layers");
            return;
        }

        config["attention_bias"] = file.Contains("blk.0.attn_q.bias");
        config["mlp_bias"] = file.Contains("blk.0.ffn_gate.bias");
    }

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata)
    {
        bool mistral = config.ModelType == "mistral" && !config.IsNull("sliding_window");
        if (mistral || (config.ModelType == "mixtral" && config.Has("sliding_window")))
        {
            Windows.Write(config, Name, metadata, config.GetCount("num_hidden_layers"), static _ => true, MistralWindow);
        }

        if (config.ModelType == "mixtral")
        {
            Experts.Write(config, Name, metadata);
            metadata[$"{Name}.rope.freq_base"] = (float)config.Rope(1_000_000).GetDouble("rope_theta");
        }
    }
}
