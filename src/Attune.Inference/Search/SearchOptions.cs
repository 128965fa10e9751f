using Attune.Inference.Samplers;

namespace Attune.Inference.Search;

/// <summary>When a beam search ends before every text is as long as it may be.</summary>
public enum EarlyStopping
{
    /// <summary>When the best running text is, at its present length, worse than the worst finished one (transformers' <c>false</c>).</summary>
    WhenWorse,

    /// <summary>As soon as there are as many finished texts as beams (<c>true</c>).</summary>
    WhenFull,

    /// <summary>When no running text could become better than the worst finished one at any length (<c>"never"</c>).</summary>
    WhenHopeless,
}

/// <summary>How texts are searched for; names are those of Hugging Face's generation settings.</summary>
public sealed record SearchOptions
{
    /// <summary>Texts that are kept at each step; 1 always takes the most likely token. Default: 1.</summary>
    public int NumBeams { get; init; } = 1;

    /// <summary>Most tokens to generate. Default: 256.</summary>
    public int MaxNewTokens { get; init; } = 256;

    /// <summary>Scores are divided by the length of the text to this power: above 0 favours long ones. Default: 1.</summary>
    public double LengthPenalty { get; init; } = 1;

    /// <summary>When the search ends. Default: when running texts are worse.</summary>
    public EarlyStopping EarlyStopping { get; init; }

    /// <summary>Texts that are given for each prompt, from 1 to <see cref="NumBeams"/>. Default: 1.</summary>
    public int NumReturnSequences { get; init; } = 1;

    /// <summary>Ids that end a text. Default: none.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>Factor against tokens that are in the text already. Default: 1.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Sequences of so many tokens come only once; 0 for no limit. Default: 0.</summary>
    public int NoRepeatNgramSize { get; init; }

    /// <summary>Tokens before a text may end. Default: 0.</summary>
    public int MinNewTokens { get; init; }

    /// <summary>The first token of every text; null for none.</summary>
    public int? ForcedBosTokenId { get; init; }

    /// <summary>The last token of texts that reach <see cref="MaxNewTokens"/>; null for none.</summary>
    public int? ForcedEosTokenId { get; init; }

    /// <summary>Checks every setting.</summary>
    /// <exception cref="GenerationException">A setting is out of its range.</exception>
    public void Validate()
    {
        Require(NumBeams is >= 1 and <= 1024, "num_beams", "1 to 1024", NumBeams);
        Require(MaxNewTokens >= 1, "max_new_tokens", "1 or more", MaxNewTokens);
        Require(double.IsFinite(LengthPenalty), "length_penalty", "a number", LengthPenalty);
        Require(NumReturnSequences >= 1 && NumReturnSequences <= NumBeams, "num_return_sequences", $"1 to num_beams = {NumBeams}", NumReturnSequences);
        Require(RepetitionPenalty > 0 && double.IsFinite(RepetitionPenalty), "repetition_penalty", "a number above 0", RepetitionPenalty);
        Require(NoRepeatNgramSize >= 0, "no_repeat_ngram_size", "0 or more", NoRepeatNgramSize);
    }

    /// <summary>The processors for texts that continue a prompt of so many tokens, in the order of transformers.</summary>
    internal ILogitsProcessor[] Processors(int promptTokens)
    {
        List<ILogitsProcessor> list = [];
        AddIf(RepetitionPenalty != 1, () => new RepetitionPenalty(RepetitionPenalty));
        AddIf(NoRepeatNgramSize > 0, () => new NoRepeatNgram(NoRepeatNgramSize));
        AddIf(MinNewTokens > 0, () => new MinNewTokens(MinNewTokens, promptTokens, EosTokenIds));
        AddIf(ForcedBosTokenId is not null, () => new ForcedToken(ForcedBosTokenId!.Value, promptTokens));
        AddIf(ForcedEosTokenId is not null, () => new ForcedToken(ForcedEosTokenId!.Value, promptTokens + MaxNewTokens - 1));
        return [.. list];

        void AddIf(bool condition, Func<ILogitsProcessor> make)
        {
            if (condition)
            {
                list.Add(make());
            }
        }
    }

    private static void Require(bool holds, string name, string expected, object found)
    {
        if (!holds)
        {
            throw new GenerationException(FormattableString.Invariant($"{name}: expected {expected}, found {found}"));
        }
    }
}
