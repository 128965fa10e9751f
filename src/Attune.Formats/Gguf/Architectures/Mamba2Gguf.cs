using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>Mamba-2: blocks of one selective state space each, without attention.</summary>
internal sealed class Mamba2Gguf() : GgufArchitecture("mamba2", ["mamba2"], "Mamba2ForCausalLM")
{
    private const int UsualGroups = 8;

    private const string InnerKey = "ssm.inner_size";

    private const string HeadsKey = "ssm.time_step_rank";

    internal override GgufSettings Settings { get; } = new()
    {
        Context = [],
        UsualContext = 1 << 20,
        Inner = [],
        Heads = [],
        Epsilon = ["layer_norm_epsilon"],
        UsualEpsilon = 1e-5,
    };

    internal override GgufRope? Rope => null;

    internal override IReadOnlyList<GgufKey> Keys { get; } =
    [
        GgufKey.Count("ssm.conv_kernel", "conv_kernel", 4),
        GgufKey.Count("ssm.state_size", "state_size", 128),
        GgufKey.Count(HeadsKey, "num_heads", 128),
        GgufKey.Count("ssm.group_count", "n_groups", UsualGroups),
    ];

    internal override GgufNames Names { get; } = new()
    {
        Prefix = "backbone.",
        Layers = "layers.",
        Outer = [new Renamed("token_embd", "embeddings"), new Renamed("output_norm", "norm_f")],
        Inner =
        [
            new Renamed("attn_norm", "norm"),
            new Renamed("ssm_in", "mixer.in_proj"),
            new Renamed("ssm_conv1d", "mixer.conv1d", TensorForm.Kernels, TensorForm.Same),
            new Exact("ssm_dt.bias", "mixer.dt_bias"),
            new Exact("ssm_a", "mixer.A_log", TensorForm.Decay),
            new Exact("ssm_d", "mixer.D", TensorForm.Column),
            new Renamed("ssm_norm", "mixer.norm", TensorForm.Parts(static config => config.GetPositive("n_groups", UsualGroups))),
            new Renamed("ssm_out", "mixer.out_proj"),
        ],
    };

    internal override void ReadConfig(GgufFile file, JsonObject config)
    {
        GgufMetadata metadata = file.Metadata;
        int inner = metadata.RequirePositive($"{Name}.{InnerKey}");
        int heads = metadata.RequirePositive($"{Name}.{HeadsKey}");
        if (inner % heads != 0)
        {
            throw ModelFileException.At(file.Location, $"key '{Name}.{HeadsKey}'", $"expected a divisor of '{Name}.{InnerKey}' = {inner}, found {heads}");
        }

        config["head_dim"] = inner / heads;
        config["expand"] = (double)inner / (int)config["hidden_size"]!;
        config["use_bias"] = file.Contains("blk.0.ssm_in.bias");
        config["use_conv_bias"] = file.Contains("blk.0.ssm_conv1d.bias");
    }

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata)
    {
        Require(config, "use_bias", fallback: false, value: false);
        Require(config, "use_conv_bias", fallback: true, value: true);
        if (config.FindDoubles("time_step_limit") is { } limits && !(limits.Count == 2 && limits[0] == 0 && double.IsPositiveInfinity(limits[1])))
        {
            throw config.Wrong("time_step_limit", "0 and infinity, since a GGUF file has no limits");
        }

        metadata[$"{Name}.{InnerKey}"] = checked((uint)(config.GetCount("num_heads", 128) * (long)config.GetPositive("head_dim", 64)));

        // llama.cpp asks for both, and uses neither.
        metadata[$"{Name}.feed_forward_length"] = 0u;
        metadata[$"{Name}.attention.head_count"] = 0u;
    }
}
