namespace Attune.Nn.Rope;

/// <summary>Settings of a rotary position embedding, under the names of <c>rope_parameters</c> in config.json.</summary>
public sealed record RopeParameters
{
    /// <summary>Size of a head. Even part of it turns, see <see cref="RotaryDimension"/>.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Longest sequence of the model in tokens (<c>max_position_embeddings</c>), above 0.</summary>
    public required int MaxPositionEmbeddings { get; init; }

    /// <summary>Kind of scaling, a name of <see cref="KnownRopeScalings"/>. Default <c>default</c>: none.</summary>
    public string RopeType { get; init; } = "default";

    /// <summary>Base of the wavelengths (<c>rope_theta</c>), above 0. Default 10000.</summary>
    public double Theta { get; init; } = 10000;

    /// <summary>Share of a head's dimensions that turns, in (0, 1]. Default 1.</summary>
    public double PartialRotaryFactor { get; init; } = 1;

    /// <summary>How much longer than trained the sequences may be (linear, dynamic, llama3, yarn; longrope: the default is the ratio of the lengths).</summary>
    public double? Factor { get; init; }

    /// <summary>Longest sequence of the original training in tokens (llama3, yarn, longrope). Default: <see cref="MaxPositionEmbeddings"/>.</summary>
    public int? OriginalMaxPositionEmbeddings { get; init; }

    /// <summary>Wavelengths above the original length divided by this are stretched in full (llama3). Default 1.</summary>
    public double LowFreqFactor { get; init; } = 1;

    /// <summary>Wavelengths below the original length divided by this stay as they are (llama3). Default 4.</summary>
    public double HighFreqFactor { get; init; } = 4;

    /// <summary>Dimensions with more turns than this over the original length stay as they are (yarn). Default 32.</summary>
    public double BetaFast { get; init; } = 32;

    /// <summary>Dimensions with fewer turns than this over the original length are stretched in full (yarn). Default 1.</summary>
    public double BetaSlow { get; init; } = 1;

    /// <summary>Whether the borders of the ramp are whole dimensions (yarn). Default true.</summary>
    public bool Truncate { get; init; } = true;

    /// <summary>Numerator's coefficient of the attention factor (yarn of DeepSeek); null for none.</summary>
    public double? Mscale { get; init; }

    /// <summary>Denominator's coefficient of the attention factor (yarn of DeepSeek); null for none.</summary>
    public double? MscaleAllDim { get; init; }

    /// <summary>Factor of cosines and sines (yarn, longrope); computed when null.</summary>
    public double? AttentionFactor { get; init; }

    /// <summary>Divisors of the frequencies up to the original length (longrope), one per pair of dimensions.</summary>
    public IReadOnlyList<double> ShortFactor { get; init; } = [];

    /// <summary>Divisors of the frequencies beyond the original length (longrope), one per pair of dimensions.</summary>
    public IReadOnlyList<double> LongFactor { get; init; } = [];

    /// <summary>Number of dimensions that turn: the whole part of <see cref="HeadSize"/> times <see cref="PartialRotaryFactor"/>.</summary>
    public int RotaryDimension => (int)(HeadSize * PartialRotaryFactor);

    /// <summary>The original length, or the model's own when none is given.</summary>
    internal int OriginalLength => OriginalMaxPositionEmbeddings ?? MaxPositionEmbeddings;

    /// <summary><see cref="Factor"/>, which this kind of scaling needs.</summary>
    internal double RequiredFactor => Factor ?? throw new RopeException($"rope_type '{RopeType}' needs a factor");

    /// <summary>theta^(2i / R) for each pair i of the R rotary dimensions.</summary>
    /// <remarks>In the single-precision steps of the reference, so that angles at far positions agree with it.</remarks>
    internal static float[] Wavelengths(double theta, int dimension)
    {
        var values = new float[dimension / 2];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)Math.Pow(theta, 2f * i / dimension);
        }

        return values;
    }

    /// <summary>Checks what every kind of scaling reads.</summary>
    /// <exception cref="RopeException">A setting is out of its range.</exception>
    internal void Check()
    {
        if (PartialRotaryFactor is not (> 0 and <= 1) || HeadSize <= 0 || RotaryDimension < 2 || RotaryDimension % 2 != 0)
        {
            throw new RopeException($"rope: expected an even number of rotary dimensions in a head, found {PartialRotaryFactor} of {HeadSize}");
        }

        RequirePositive("rope_theta", Theta);
        RequirePositive("max_position_embeddings", MaxPositionEmbeddings);
        RequirePositive("factor", Factor);
        RequirePositive("original_max_position_embeddings", OriginalMaxPositionEmbeddings);
        RequirePositive("attention_factor", AttentionFactor);
        RequirePositive("low_freq_factor", LowFreqFactor);
        RequirePositive("high_freq_factor", HighFreqFactor);
        RequirePositive("beta_fast", BetaFast);
        RequirePositive("beta_slow", BetaSlow);
    }

    private static void RequirePositive(string name, double? value)
    {
        if (value is { } number && !(number > 0 && double.IsFinite(number)))
        {
            throw new RopeException($"rope: {name} must be above 0, found {number}");
        }
    }
}
