using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>The experts of a mixture: how many there are, how many a token uses, and the tensors that hold all of a layer.</summary>
/// <param name="countKey">The key of their number in a configuration that is written.</param>
/// <param name="usualUsed">How many a token uses in configurations that do not say.</param>
internal sealed class GgufExperts(string countKey, int usualUsed)
{
    /// <summary>How many experts a configuration has, under any of the keys.</summary>
    public static int Count(ModelConfig config) => config.GetCount(config.Present("num_local_experts", "num_experts", "n_routed_experts"));

    /// <summary>The rules of experts with gate, up and down projections.</summary>
    public static IReadOnlyList<TensorRule> Layers(string before, string gate, string up, string down) =>
    [
        new Stacked("ffn_gate_exps.weight", before, $".{gate}.weight", Count, single: "ffn_gate."),
        new Stacked("ffn_up_exps.weight", before, $".{up}.weight", Count, single: "ffn_up."),
        new Stacked("ffn_down_exps.weight", before, $".{down}.weight", Count, single: "ffn_down."),
    ];

    /// <summary>Reads the numbers into a configuration.</summary>
    /// <exception cref="ModelFileException">The file has no experts, or its numbers do not fit.</exception>
    public void Require(GgufFile file, string architecture, JsonObject config)
    {
        if (!Read(file, architecture, config))
        {
            throw ModelFileException.At(file.Location, $"key '{architecture}.expert_count'", "expected the number of experts, found none");
        }
    }

    /// <summary>Reads the numbers into a configuration.</summary>
    /// <returns>False when the file has no experts.</returns>
    public bool Read(GgufFile file, string architecture, JsonObject config)
    {
        string key = $"{architecture}.expert_count";
        int count = file.Metadata.GetInt32(key) ?? 0;
        if (count == 0)
        {
            return false;
        }

        string usedKey = $"{architecture}.expert_used_count";
        int used = file.Metadata.RequirePositive(usedKey);
        if (count < 0 || used > count || count > ModelConfig.MostParts)
        {
            throw ModelFileException.At(file.Location, $"key '{usedKey}'", $"expected at most the number of experts ('{key}': {count}), found {used}");
        }

        config[countKey] = count;
        config["num_experts_per_tok"] = used;
        return true;
    }

    /// <summary>Writes the numbers of a configuration.</summary>
    public void Write(ModelConfig config, string architecture, GgufMetadata metadata)
    {
        metadata[$"{architecture}.expert_count"] = (uint)Count(config);
        metadata[$"{architecture}.expert_used_count"] = (uint)config.GetPositive("num_experts_per_tok", usualUsed);
    }
}
