namespace Attune.Formats;

/// <summary>How a model wants to be sampled: the values of a Hugging Face <c>generation_config.json</c>, with transformers' defaults.</summary>
public sealed class GenerationConfig
{
    /// <summary>Reads the values of a configuration; a model's <c>config.json</c> serves when it has no file of its own.</summary>
    /// <exception cref="ModelFileException">A value is of the wrong kind.</exception>
    public GenerationConfig(ModelConfig values)
    {
        Values = values;
        DoSample = values.GetBoolean("do_sample", false);
        Temperature = values.GetDouble("temperature", 1);
        TopK = values.FindInt32("top_k") ?? 50;
        TopP = values.GetDouble("top_p", 1);
        MinP = values.GetDouble("min_p", 0);
        RepetitionPenalty = values.GetDouble("repetition_penalty", 1);
        MaxNewTokens = values.FindPositive("max_new_tokens");
        MaxLength = values.FindPositive("max_length");
        BosTokenId = values.FindInt32("bos_token_id");
        EosTokenIds = values.EosTokenIds;
        PadTokenId = values.FindInt32("pad_token_id");
    }

    /// <summary>All values as the file has them.</summary>
    public ModelConfig Values { get; }

    /// <summary>Whether tokens are drawn at random; default false: the most likely one is taken.</summary>
    public bool DoSample { get; }

    /// <summary>Divisor of the logits; default 1.</summary>
    public double Temperature { get; }

    /// <summary>How many of the most likely tokens are kept; default 50, 0: all.</summary>
    public int TopK { get; }

    /// <summary>Probability mass of the most likely tokens that is kept, 0 to 1; default 1: all.</summary>
    public double TopP { get; }

    /// <summary>Least probability of a kept token, relative to the most likely one, 0 to 1; default 0: all.</summary>
    public double MinP { get; }

    /// <summary>Factor against tokens that stand in the text already; default 1: none.</summary>
    public double RepetitionPenalty { get; }

    /// <summary>Most tokens to generate, or null when not given.</summary>
    public int? MaxNewTokens { get; }

    /// <summary>Most tokens of prompt and answer together, or null when not given.</summary>
    public int? MaxLength { get; }

    /// <summary>Id that begins a text, or null when not given.</summary>
    public int? BosTokenId { get; }

    /// <summary>Ids that end a text; empty when not given.</summary>
    public IReadOnlyList<int> EosTokenIds { get; }

    /// <summary>Id that fills, or null when not given.</summary>
    public int? PadTokenId { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="ModelFileException">The file cannot be opened, is no JSON object, or a value is of the wrong kind.</exception>
    public static GenerationConfig Load(string path) => new(ModelConfig.Load(path));
}
