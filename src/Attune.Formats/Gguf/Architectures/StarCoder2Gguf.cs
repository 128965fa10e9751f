using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>StarCoder2: layer norms, biases, an ungated feed-forward layer, windows.</summary>
internal sealed class StarCoder2Gguf() : GgufArchitecture("starcoder2", ["starcoder2"], "Starcoder2ForCausalLM")
{
    private static readonly GgufWindows Windows = new(GgufWindows.All);

    internal override GgufSettings Settings { get; } = GgufSettings.Llama with
    {
        HasHeadSize = false,
        Epsilon = ["norm_epsilon"],
        UsualEpsilon = 1e-5,
        LayerNorm = true,
        Activations = ["gelu_pytorch_tanh", "gelu_new"],
        Tied = true,
    };

    internal override GgufNames Names { get; } = GgufNames.LlamaLike.With(new Renamed("ffn_up", "mlp.c_fc"), new Renamed("ffn_down", "mlp.c_proj"));

    internal override void ReadConfig(GgufFile file, JsonObject config)
    {
        config["use_bias"] = file.Contains("blk.0.attn_q.bias");
        Windows.Read(file.Metadata, Name, config, "num_hidden_layers");
    }

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata)
    {
        if (config.Has("sliding_window"))
        {
            Windows.Write(config, Name, metadata, config.GetCount("num_hidden_layers"), static _ => true);
        }
    }
}
