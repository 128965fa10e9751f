using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>SmolLM3: Llama in which every fourth layer has no positions.</summary>
internal sealed class SmolLM3Gguf() : GgufArchitecture("smollm3", ["smollm3"], "SmolLM3ForCausalLM")
{
    private const int Interval = 4;

    internal override GgufNames Names => GgufNames.Interleaved;

    internal override GgufRope Rope { get; } = new() { Theta = 2_000_000 };

    internal override GgufSettings Settings { get; } = GgufSettings.Llama with { UsualEpsilon = 1e-6, Tied = true };

    internal override void ReadConfig(GgufFile file, JsonObject config)
    {
        config["no_rope_layer_interval"] = Interval;
        config["use_sliding_window"] = false;
        config["attention_bias"] = file.Contains("blk.0.attn_q.bias");
        config["mlp_bias"] = file.Contains("blk.0.ffn_gate.bias");
    }

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata)
    {
        Require(config, "use_sliding_window", fallback: false, value: false);
        int layers = config.GetCount("num_hidden_layers");
        int interval = config.GetPositive("no_rope_layer_interval", Interval);
        IReadOnlyList<int> rotated = config.FindInt32s("no_rope_layers") ?? [.. Enumerable.Range(1, layers).Select(layer => layer % interval == 0 ? 0 : 1)];
        if (!rotated.SequenceEqual(Enumerable.Range(1, layers).Select(layer => layer % Interval == 0 ? 0 : 1)))
        {
            throw config.Wrong(config.Has("no_rope_layers") ? "no_rope_layers" : "no_rope_layer_interval", $"no positions in every {Interval}th layer, which is what a GGUF file of this architecture means");
        }
    }
}
