using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>ModernBERT: an encoder with rotary positions and gated layers; of three layers that follow one another the first sees all tokens, the others a window with positions of their own.</summary>
internal sealed class ModernBertGguf() : GgufArchitecture("modern-bert", ["modernbert"], "ModernBertModel")
{
    private const int Period = 3;

    private const int UsualWindow = 128;

    private const double LocalTheta = 10_000;

    private const string LocalBase = "rope.freq_base_swa";

    private const string WindowKey = "local_attention";

    private static readonly GgufWindows Windows = new(Period, isFirstFull: true);

    internal override GgufSettings Settings { get; } = GgufSettings.Llama with
    {
        UsualContext = 8192,
        KeyValueHeads = [],
        HasHeadSize = false,
        Epsilon = ["norm_eps"],
        UsualEpsilon = 1e-5,
        LayerNorm = true,
        Activation = ["hidden_activation"],
        Activations = ["gelu"],
        Tied = true,
    };

    internal override GgufRope Rope { get; } = new() { Theta = 160_000, ThetaKey = "global_rope_theta", LayerType = GgufWindows.Full };

    internal override GgufNames Names { get; } = new()
    {
        Prefix = "",
        Layers = "layers.",
        Outer = [new Renamed("token_embd", "embeddings.tok_embeddings"), new Renamed("token_embd_norm", "embeddings.norm"), new Renamed("output_norm", "final_norm")],
        Inner =
        [
            new Renamed("attn_norm", "attn_norm"),
            new Renamed("attn_qkv", "attn.Wqkv"),
            new Renamed("attn_output", "attn.Wo"),
            new Renamed("ffn_norm", "mlp_norm"),
            new Renamed("ffn_up", "mlp.Wi"),
            new Renamed("ffn_down", "mlp.Wo"),
        ],
    };

    internal override void ReadConfig(GgufFile file, JsonObject config)
    {
        JsonNode full = config["rope_parameters"]!.DeepClone();
        config["rope_parameters"] = new JsonObject
        {
            [GgufWindows.Full] = full,
            [GgufWindows.Sliding] = new JsonObject { ["rope_type"] = "default", ["rope_theta"] = file.Metadata.GetDouble($"{Name}.{LocalBase}") ?? LocalTheta },
        };
        int layers = (int)config["num_hidden_layers"]!;
        (int Window, bool[] Sliding)? windows = Windows.Read(file.Metadata, Name, layers);
        config[WindowKey] = windows?.Window ?? UsualWindow;
        config["layer_types"] = GgufWindows.Types(windows?.Sliding ?? new bool[layers]);
    }

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata)
    {
        foreach (string bias in new[] { "norm_bias", "attention_bias", "mlp_bias" })
        {
            Require(config, bias, fallback: false, value: false);
        }

        // Older configurations give the base of layers with windows alone, null for that of the others.
        bool isNew = config.IsObject("rope_parameters");
        ModelConfig local = isNew ? config.Rope(LocalTheta, GgufWindows.Sliding) : config;
        if (isNew && local.GetString("rope_type") is not "default")
        {
            throw local.Wrong("rope_type", "default, since a GGUF file cannot stretch the positions of layers with windows");
        }

        double theta = config.IsNull("local_rope_theta") ? config.GetDouble("global_rope_theta", Rope.Theta) : local.GetDouble(isNew ? "rope_theta" : "local_rope_theta", LocalTheta);
        metadata[$"{Name}.{LocalBase}"] = (float)theta;
        int every = config.GetPositive("global_attn_every_n_layers", Period);
        int window = config.GetPositive(WindowKey, UsualWindow);
        Windows.Write(config.With("sliding_window", window), Name, metadata, config.GetCount("num_hidden_layers"), layer => layer % every != 0);
        metadata[$"{Name}.attention.causal"] = false;
    }
}
