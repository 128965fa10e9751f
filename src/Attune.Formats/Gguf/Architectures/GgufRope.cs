using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>The parameters of the rotary embedding in GGUF: metadata for most kinds, a tensor of frequency factors for Llama 3's.</summary>
internal static class GgufRope
{
    /// <summary>Name of the tensor with one divisor per frequency.</summary>
    public const string FactorsTensor = "rope_freqs.weight";

    private const double DefaultTheta = 10_000;

    private const double Tolerance = 1e-3;

    /// <summary>Reads <c>rope_parameters</c> from a file.</summary>
    public static JsonObject Read(GgufFile file, string architecture, int headSize)
    {
        GgufMetadata metadata = file.Metadata;
        double theta = metadata.GetDouble($"{architecture}.rope.freq_base") ?? DefaultTheta;
        var rope = new JsonObject { ["rope_type"] = "default", ["rope_theta"] = theta };
        int rotated = metadata.GetInt32($"{architecture}.rope.dimension_count") ?? headSize;
        if (rotated != headSize)
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
        }
        else if (type != "none")
        {
            throw ModelFileException.At(file.Location, $"key '{architecture}.rope.scaling.type'", $"expected none, linear or yarn, found \"{type}\"");
        }

        if (file.Contains(FactorsTensor))
        {
            ReadFactors(file, rope, theta, rotated);
        }

        return rope;
    }

    /// <summary>Writes the metadata of <c>rope_parameters</c>; the factors that belong into <see cref="FactorsTensor"/> are returned, null when there are none.</summary>
    public static float[]? Write(ModelConfig config, string architecture, int headSize, GgufMetadata metadata)
    {
        ModelConfig rope = config.Rope(DefaultTheta);
        double theta = rope.GetDouble("rope_theta");
        int rotated = (int)(headSize * rope.GetDouble("partial_rotary_factor", 1));
        metadata[$"{architecture}.rope.freq_base"] = (float)theta;
        metadata[$"{architecture}.rope.dimension_count"] = (uint)rotated;
        string type = rope.GetString("rope_type");
        switch (type)
        {
            case "default":
                return null;
            case "llama3":
                return Factors(theta, rotated, rope.GetDouble("factor"), rope.GetDouble("low_freq_factor"), rope.GetDouble("high_freq_factor"), rope.GetDouble("original_max_position_embeddings"));
            case "linear" or "yarn":
                metadata[$"{architecture}.rope.scaling.type"] = type;
                metadata[$"{architecture}.rope.scaling.factor"] = (float)rope.GetDouble("factor");
                if (rope.FindPositive("original_max_position_embeddings") is int original)
                {
                    metadata[$"{architecture}.rope.scaling.original_context_length"] = (uint)original;
                }

                foreach (string beta in new[] { "beta_fast", "beta_slow" })
                {
                    if (rope.FindDouble(beta) is double value)
                    {
                        metadata[$"{architecture}.rope.scaling.yarn_{beta}"] = (float)value;
                    }
                }

                return null;
            default:
                throw rope.Wrong("rope_type", "default, linear, yarn or llama3, which are what a GGUF file can say");
        }
    }

    // The file has only the factors; the parameters behind them are Llama 3's own (1, 4, 8192), the largest factor is the scale.
    private static void ReadFactors(GgufFile file, JsonObject rope, double theta, int rotated)
    {
        float[] found = file.ReadFloat32(FactorsTensor);
        double factor = found.Length > 0 ? found.Max() : double.NaN;
        const double Low = 1;
        const double High = 4;
        int original = file.Metadata.GetInt32($"{file.Metadata.GetString("general.architecture")}.rope.scaling.original_context_length") ?? 8192;
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
