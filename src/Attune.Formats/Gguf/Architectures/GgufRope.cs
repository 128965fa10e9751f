using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>The parameters of the rotary embedding in GGUF: metadata for most kinds, tensors of divisors of the frequencies for Llama 3's and for LongRoPE.</summary>
internal sealed record GgufRope
{
    private const string FactorsTensor = "rope_freqs.weight";

    private const string LongTensor = "rope_factors_long.weight";

    private const string ShortTensor = "rope_factors_short.weight";

    private const string ScoreGainKey = "rope.scaling.yarn_log_multiplier";

    // What mscale is multiplied with in YaRN's factor, 0.1 mscale ln(s) + 1.
    private const double ScoreGainUnit = 0.1;

    private const double Tolerance = 1e-3;

    /// <summary>Llama's: base 10,000, heads turn as a whole.</summary>
    public static GgufRope Usual { get; } = new();

    /// <summary>The base of configurations that give none.</summary>
    public double Theta { get; init; } = 10_000;

    /// <summary>An older key of the base.</summary>
    public string? ThetaKey { get; init; }

    /// <summary>The share of a head that turns in configurations that do not say.</summary>
    public double Partial { get; init; } = 1;

    /// <summary>An older key of that share.</summary>
    public string? PartialKey { get; init; }

    /// <summary>Whether the borders of YaRN's ramp are whole dimensions, which GGUF cannot say.</summary>
    public bool Truncate { get; init; } = true;

    /// <summary>Which part of configurations that give parameters per kind of layer; null for the others.</summary>
    public string? LayerType { get; init; }

    /// <summary>The key of the number of dimensions that turn, where that is not a share of a head; null for the others.</summary>
    public string? SizeKey { get; init; }

    /// <summary>That number in configurations that do not say.</summary>
    public int UsualSize { get; init; }

    /// <summary>Whether YaRN makes scores larger instead of sines and cosines, as DeepSeek has it.</summary>
    public bool HasScoreGain { get; init; }

    /// <summary>Whether a tensor holds parameters of the rotary embedding instead of weights.</summary>
    public static bool IsTable(string tensor) => tensor is FactorsTensor or LongTensor or ShortTensor;

    /// <summary>Reads <c>rope_parameters</c> from a file.</summary>
    public JsonObject Read(GgufFile file, string architecture, int headSize)
    {
        GgufMetadata metadata = file.Metadata;
        double theta = metadata.GetDouble($"{architecture}.rope.freq_base") ?? 10_000;
        var rope = new JsonObject { ["rope_type"] = "default", ["rope_theta"] = theta };
        int rotated = metadata.GetInt32($"{architecture}.rope.dimension_count") ?? headSize;
        if (SizeKey is null && (rotated != headSize || Partial != 1))
        {
            rope["partial_rotary_factor"] = (double)rotated / headSize;
        }

        string type = metadata.GetString($"{architecture}.rope.scaling.type") ?? "none";
        if (type is "linear" or "yarn")
        {
            rope["rope_type"] = type;
            rope["factor"] = metadata.GetDouble($"{architecture}.rope.scaling.factor") ?? 1;
            Copy(metadata, $"{architecture}.rope.scaling.original_context_length", rope, "original_max_position_embeddings");
            Copy(metadata, $"{architecture}.rope.scaling.yarn_beta_fast", rope, "beta_fast");
            Copy(metadata, $"{architecture}.rope.scaling.yarn_beta_slow", rope, "beta_slow");
            if (type == "yarn" && !Truncate)
            {
                rope["truncate"] = false;
            }

            if (type == "yarn" && HasScoreGain)
            {
                ReadScoreGain(metadata, architecture, rope);
            }
        }
        else if (type is not ("none" or "longrope"))
        {
            throw ModelFileException.At(file.Location, $"key '{architecture}.rope.scaling.type'", $"expected none, linear, yarn or longrope, found \"{type}\"");
        }

        if (file.Contains(FactorsTensor))
        {
            ReadFactors(file, architecture, rope, theta, rotated);
        }

        if (file.Contains(LongTensor) || file.Contains(ShortTensor))
        {
            ReadLongRope(file, architecture, rope, rotated);
        }

        return rope;
    }

    /// <summary>Writes the metadata of <c>rope_parameters</c>.</summary>
    /// <returns>The tensors that belong to them.</returns>
    public IReadOnlyList<(string Name, float[] Values)> Write(ModelConfig config, string architecture, int headSize, GgufMetadata metadata)
    {
        ModelConfig rope = config.Rope(ThetaKey is null ? Theta : config.GetDouble(ThetaKey, Theta), LayerType);
        double theta = rope.GetDouble("rope_theta");
        headSize = SizeKey is null ? headSize : config.GetPositive(SizeKey, UsualSize);
        int rotated = (int)(headSize * rope.GetDouble("partial_rotary_factor", PartialKey is null ? Partial : config.GetDouble(PartialKey, Partial)));
        metadata[$"{architecture}.rope.freq_base"] = (float)theta;
        metadata[$"{architecture}.rope.dimension_count"] = (uint)rotated;
        string type = rope.GetString("rope_type");
        if (type is not "default" && rope.FindPositive("original_max_position_embeddings") is int original)
        {
            metadata[$"{architecture}.rope.scaling.original_context_length"] = (uint)original;
        }

        switch (type)
        {
            case "default":
                return [];
            case "llama3":
                return
                [
                    (FactorsTensor, Factors(
                        theta, rotated, rope.GetDouble("factor"), rope.GetDouble("low_freq_factor"), rope.GetDouble("high_freq_factor"), rope.GetDouble("original_max_position_embeddings"))),
                ];
            case "linear" or "yarn":
                WriteStretch(rope, type, architecture, metadata);
                return [];
            case "longrope" or "su":
                return WriteLongRope(config, rope, architecture, rotated, metadata);
            default:
                throw rope.Wrong("rope_type", "default, linear, yarn, llama3 or longrope, which are what a GGUF file can say");
        }
    }

    private void WriteStretch(ModelConfig rope, string type, string architecture, GgufMetadata metadata)
    {
        metadata[$"{architecture}.rope.scaling.type"] = type;
        metadata[$"{architecture}.rope.scaling.factor"] = (float)rope.GetDouble("factor");
        if (type == "yarn" && rope.GetBoolean("truncate", true) != Truncate)
        {
            throw rope.Wrong("truncate", $"{(Truncate ? "true" : "false")}, which is what a GGUF file of architecture {architecture} means");
        }

        foreach (string beta in new[] { "beta_fast", "beta_slow" })
        {
            if (rope.FindDouble(beta) is double value)
            {
                metadata[$"{architecture}.rope.scaling.yarn_{beta}"] = (float)value;
            }
        }

        if (type == "yarn" && HasScoreGain)
        {
            double gain = rope.GetDouble("mscale_all_dim");
            metadata[$"{architecture}.{ScoreGainKey}"] = (float)(ScoreGainUnit * (rope.GetDouble("mscale") == gain
                ? gain
                : throw rope.Wrong("mscale", $"{gain} as 'mscale_all_dim', which is what a GGUF file of architecture {architecture} means")));
            return;
        }

        foreach (string factor in new[] { "attention_factor", "mscale", "mscale_all_dim" })
        {
            if (rope.Has(factor))
            {
                throw rope.Wrong(factor, "nothing, since a GGUF file cannot say it");
            }
        }
    }

    // Equal factors of sines and cosines and of scores leave the former as they are.
    private static void ReadScoreGain(GgufMetadata metadata, string architecture, JsonObject rope)
    {
        if (metadata.GetDouble($"{architecture}.{ScoreGainKey}") is not double gain)
        {
            rope["attention_factor"] = 1.0;
            return;
        }

        rope["mscale"] = Math.Round(gain / ScoreGainUnit, 6);
        rope["mscale_all_dim"] = Math.Round(gain / ScoreGainUnit, 6);
    }

    private static (string Name, float[] Values)[] WriteLongRope(ModelConfig config, ModelConfig rope, string architecture, int rotated, GgufMetadata metadata)
    {
        int context = config.GetPositive("max_position_embeddings");
        double attention = rope.FindDouble("attention_factor") ?? AttentionFactor(rope.FindDouble("factor"), context, rope.GetPositive("original_max_position_embeddings"));
        metadata[$"{architecture}.rope.scaling.attn_factor"] = (float)attention;
        return [(LongTensor, Divisors("long_factor")), (ShortTensor, Divisors("short_factor"))];

        float[] Divisors(string key) => rope.FindDoubles(key) is { } values && values.Count == rotated / 2
            ? [.. values.Select(value => (float)value)]
            : throw rope.Wrong(key, $"{rotated / 2} numbers");
    }

    // The file has only the factors; the parameters behind them are Llama 3's own (1, 4, 8192), the largest factor is the scale.
    private static void ReadFactors(GgufFile file, string architecture, JsonObject rope, double theta, int rotated)
    {
        float[] found = file.ReadFloat32(FactorsTensor);
        double factor = found.Length > 0 ? found.Max() : double.NaN;
        const double Low = 1;
        const double High = 4;
        int original = file.Metadata.GetInt32($"{architecture}.rope.scaling.original_context_length") ?? 8192;
        float[] expected = Factors(theta, found.Length * 2, factor, Low, High, original);
        if (found.Length != rotated / 2 || !double.IsFinite(factor) || expected.Zip(found).Any(p => !(Math.Abs(p.First - p.Second) <= Tolerance * p.First)))
        {
            throw ModelFileException.At(file.Location, $"tensor '{FactorsTensor}'", $"expected the {rotated / 2} frequency factors of Llama 3 (low 1, high 4, original length {original}), found others; use the Hugging Face folder of this model");
        }

        rope["rope_type"] = "llama3";
        rope["factor"] = factor;
        rope["low_freq_factor"] = Low;
        rope["high_freq_factor"] = High;
        rope["original_max_position_embeddings"] = original;
    }

    private static void ReadLongRope(GgufFile file, string architecture, JsonObject rope, int rotated)
    {
        int context = file.Metadata.RequirePositive($"{architecture}.context_length");
        int original = file.Metadata.RequirePositive($"{architecture}.rope.scaling.original_context_length");
        rope["rope_type"] = "longrope";
        rope["original_max_position_embeddings"] = original;
        foreach ((string tensor, string key) in new[] { (LongTensor, "long_factor"), (ShortTensor, "short_factor") })
        {
            if (!file.TryGetInfo(tensor, out TensorInfo? info) || info.Shape.Rank != 1 || info.Shape[0] != rotated / 2)
            {
                throw ModelFileException.At(file.Location, $"tensor '{tensor}'", $"expected {rotated / 2} divisors of frequencies, found {(info is null ? "none" : $"shape {info.Shape}")}");
            }

            rope[key] = new JsonArray([.. file.ReadFloat32(tensor).Select(value => (JsonNode)(double)value)]);
        }

        // What the lengths imply is left out.
        if (file.Metadata.GetDouble($"{architecture}.rope.scaling.attn_factor") is double attention
            && !(Math.Abs(attention - AttentionFactor(null, context, original)) <= 1e-6 * attention))
        {
            rope["attention_factor"] = attention;
        }
    }

    // LongRoPE (Ding et al. 2024), section 3.3.
    private static double AttentionFactor(double? factor, int context, int original)
    {
        double scale = factor ?? ((double)context / original);
        return scale > 1 ? Math.Sqrt(1 + (Math.Log(scale) / Math.Log(original))) : 1;
    }

    // Long waves are stretched by the factor, short ones stay, those between are blended.
    private static float[] Factors(double theta, int rotated, double factor, double low, double high, double original)
    {
        var factors = new float[rotated / 2];
        for (int i = 0; i < factors.Length; i++)
        {
            double turns = original / (2 * Math.PI * Math.Pow(theta, 2.0 * i / rotated));
            double smooth = Math.Clamp((turns - low) / (high - low), 0, 1);
            factors[i] = (float)(1 / (((1 - smooth) / factor) + smooth));
        }

        return factors;
    }

    private static void Copy(GgufMetadata metadata, string key, JsonObject target, string targetKey)
    {
        if (metadata.GetDouble(key) is double value)
        {
            target[targetKey] = value;
        }
    }
}
