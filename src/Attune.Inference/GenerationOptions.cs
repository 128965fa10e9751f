namespace Attune.Inference;

/// <summary>How text is generated; names are those of Hugging Face's generation settings.</summary>
public sealed record GenerationOptions
{
    /// <summary>Most tokens to generate. Range: 1 and up. Default: 256.</summary>
    public int MaxNewTokens { get; init; } = 256;

    /// <summary>Divisor of the logits before a token is drawn; 0 always takes the most likely token. Range: 0 and up. Default: 0.</summary>
    public double Temperature { get; init; }

    /// <summary>Only the so many most likely tokens are drawn from; 0 for all. Default: 50.</summary>
    public int TopK { get; init; } = 50;

    /// <summary>Only the most likely tokens that together have this probability are drawn from. Range: (0, 1]. Default: 1.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Only tokens at least this probable, relative to the most likely one, are drawn from. Range: [0, 1]. Default: 0.</summary>
    public double MinP { get; init; }

    /// <summary>Factor against tokens that are in the text already: positive logits are divided by it, negative ones multiplied. Range: above 0. Default: 1.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Seed of the draws; the same seed gives the same text. Default: 42.</summary>
    public int Seed { get; init; } = 42;

    /// <summary>Texts that end the generation; they are not part of the result. Default: none.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Token ids that end the generation. Default: none.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>Checks every setting.</summary>
    /// <exception cref="GenerationException">A setting is out of its range.</exception>
    public void Validate()
    {
        Require(MaxNewTokens >= 1, "max_new_tokens", "1 or more", MaxNewTokens);
        Require(Temperature >= 0 && double.IsFinite(Temperature), "temperature", "0 or more", Temperature);
        Require(TopK >= 0, "top_k", "0 or more", TopK);
        Require(TopP is > 0 and <= 1, "top_p", "a probability above 0 and up to 1", TopP);
        Require(MinP is >= 0 and <= 1, "min_p", "a probability from 0 to 1", MinP);
        Require(RepetitionPenalty > 0 && double.IsFinite(RepetitionPenalty), "repetition_penalty", "a number above 0", RepetitionPenalty);
        Require(!Stop.Contains(string.Empty), "stop", "texts that are not empty", "an empty one");
    }

    private static void Require(bool holds, string name, string expected, object found)
    {
        if (!holds)
        {
            throw new GenerationException(FormattableString.Invariant($"{name}: expected {expected}, found {found}"));
        }
    }
}
