using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>MPT: linear biases instead of positions, no biases of layers or norms.</summary>
internal sealed class MptGguf() : GgufArchitecture("mpt", ["mpt"], "MPTForCausalLM")
{
    private const string ClipKey = "attention.clamp_kqv";

    private const string BiasKey = "attention.max_alibi_bias";

    private const double UsualBias = 8;

    internal override GgufSettings Settings { get; } = new()
    {
        Layers = ["n_layers"],
        Context = ["max_seq_len"],
        UsualContext = 2048,
        Hidden = ["d_model"],
        Inner = [],
        Heads = ["n_heads"],
        KeyValueHeads = [],
        HasHeadSize = false,
        Epsilon = ["layer_norm_epsilon"],
        UsualEpsilon = 1e-5,
        LayerNorm = true,
        Activation = [],
        Tied = true,
    };

    internal override GgufRope? Rope => null;

    internal override GgufNames Names { get; } = new()
    {
        Prefix = "transformer.",
        Layers = "blocks.",
        Outer = [new Renamed("token_embd", "wte"), new Renamed("output_norm", "norm_f")],
        Inner =
        [
            new Renamed("attn_norm", "norm_1"),
            new Renamed("attn_qkv", "attn.Wqkv"),
            new Renamed("attn_output", "attn.out_proj"),
            new Renamed("ffn_norm", "norm_2"),
            new Renamed("ffn_up", "ffn.up_proj"),
            new Renamed("ffn_down", "ffn.down_proj"),
        ],
    };

    internal override void ReadConfig(GgufFile file, JsonObject config)
    {
        config["no_bias"] = true;
        config["attn_config"] = new JsonObject
        {
            ["alibi"] = true,
            ["alibi_bias_max"] = file.Metadata.GetDouble($"{Name}.{BiasKey}") is > 0 and double bias
                ? bias
                : throw ModelFileException.At(file.Location, $"key '{Name}.{BiasKey}'", "expected a number above 0, since models with learned positions are not read"),
            ["clip_qkv"] = file.Metadata.GetDouble($"{Name}.{ClipKey}"),
        };
    }

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata)
    {
        ModelConfig settings = config.FindSection("attn_config") ?? config.With("alibi", true);
        Require(settings, "alibi", fallback: false, value: true);
        if (settings.Has("softmax_scale"))
        {
            throw settings.Wrong("softmax_scale", "null, since a GGUF file of this architecture has the usual scale");
        }

        metadata[$"{Name}.{BiasKey}"] = (float)settings.GetDouble("alibi_bias_max", UsualBias);
        if (settings.FindDouble("clip_qkv") is double clip)
        {
            metadata[$"{Name}.{ClipKey}"] = (float)clip;
        }
    }
}
