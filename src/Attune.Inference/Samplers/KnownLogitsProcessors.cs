namespace Attune.Inference.Samplers;

/// <summary>A way in which logits are changed before a token is chosen.</summary>
/// <param name="Key">The setting that asks for it.</param>
/// <param name="Create">Makes it for a text; null when the settings do not ask for it.</param>
/// <param name="IsForDraws">Whether it counts only where tokens are drawn.</param>
public sealed record LogitsProcessorKind(string Key, Func<GenerationOptions, PromptContext, ILogitsProcessor?> Create, bool IsForDraws = false);

/// <summary>All logits processors.</summary>
public static class KnownLogitsProcessors
{
    /// <summary>One line each, in the order in which transformers applies them.</summary>
    public static IReadOnlyList<LogitsProcessorKind> All { get; } =
    [
        new("sequence_bias", static (o, _) => o.SequenceBias.Count > 0 ? new SequenceBias(o.SequenceBias) : null),
        new("encoder_repetition_penalty", static (o, p) => o.EncoderRepetitionPenalty != 1 ? new EncoderRepetitionPenalty(o.EncoderRepetitionPenalty, p.SourceIds) : null),
        new("repetition_penalty", static (o, _) => o.RepetitionPenalty != 1 ? new RepetitionPenalty(o.RepetitionPenalty) : null),
        new("frequency_penalty", static (o, _) => (o.FrequencyPenalty, o.PresencePenalty) != (0, 0) ? new OccurrencePenalty(o.FrequencyPenalty, o.PresencePenalty) : null),
        new("no_repeat_ngram_size", static (o, _) => o.NoRepeatNgramSize > 0 ? new NoRepeatNgram(o.NoRepeatNgramSize) : null),
        new("encoder_no_repeat_ngram_size", static (o, p) => o.EncoderNoRepeatNgramSize > 0 ? new EncoderNoRepeatNgram(o.EncoderNoRepeatNgramSize, p.SourceIds) : null),
        new("bad_words_ids", static (o, _) => o.BadWordsIds.Count > 0 ? new BadWords(o.BadWordsIds, o.EosTokenIds) : null),
        new("min_length", static (o, _) => o.MinLength > 0 ? new MinLength(o.MinLength, o.EosTokenIds) : null),
        new("min_new_tokens", static (o, p) => o.MinNewTokens > 0 ? new MinLength(p.Tokens + o.MinNewTokens, o.EosTokenIds) : null),
        new("forced_bos_token_id", static (o, _) => o.ForcedBosTokenId is { } id ? new ForcedTokens([id], length: 1) : null),
        new("forced_eos_token_id", static (o, p) => o.ForcedEosTokenId.Count > 0 ? new ForcedTokens(o.ForcedEosTokenId, p.Tokens + p.MaxNewTokens - 1) : null),
        new("exponential_decay_length_penalty", static (o, p) => o.ExponentialDecayLengthPenalty is [var start, var factor] ? new ExponentialDecay(p.Tokens + (int)start, factor, o.EosTokenIds) : null),
        new("suppress_tokens", static (o, _) => o.SuppressTokens.Count > 0 ? new SuppressedTokens(o.SuppressTokens) : null),
        new("begin_suppress_tokens", static (o, p) => o.BeginSuppressTokens.Count > 0 ? new SuppressedTokens(o.BeginSuppressTokens, onlyAt: Begin(o, p)) : null),
        new("temperature", static (o, _) => o.Temperature is { } temperature and not 1 ? new Temperature(temperature) : null, IsForDraws: true),
        new("top_h", static (o, _) => o.TopH < 1 ? new TopH(o.TopH) : null, IsForDraws: true),
        new("top_k", static (o, _) => o.TopK > 0 ? new TopK(Math.Max(o.TopK, Least(o))) : null, IsForDraws: true),
        new("top_p", static (o, _) => o.TopP < 1 ? new TopP(o.TopP, Least(o)) : null, IsForDraws: true),
        new("min_p", static (o, _) => o.MinP > 0 ? new MinP(o.MinP, Least(o)) : null, IsForDraws: true),
        new("typical_p", static (o, _) => o.TypicalP < 1 ? new TypicalP(o.TypicalP, Least(o)) : null, IsForDraws: true),
        new("epsilon_cutoff", static (o, _) => o.EpsilonCutoff > 0 ? new EpsilonCutoff(o.EpsilonCutoff, Least(o)) : null, IsForDraws: true),
        new("eta_cutoff", static (o, _) => o.EtaCutoff > 0 ? new EtaCutoff(o.EtaCutoff, Least(o)) : null, IsForDraws: true),
        new("renormalize_logits", static (o, _) => o.RenormalizeLogits ? new LogSoftmax() : null),
    ];

    /// <summary>The processors that settings ask for, in their order; each keeps what it needs for one text at a time.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="prompt">What the text continues.</param>
    public static IReadOnlyList<ILogitsProcessor> For(GenerationOptions options, PromptContext prompt) =>
    [
        .. All.Where(kind => !kind.IsForDraws || options.IsSampling).Select(kind => kind.Create(options, prompt)).OfType<ILogitsProcessor>(),
    ];

    /// <summary>Tokens that always stay: a beam that ends must not leave its search without another one.</summary>
    private static int Least(GenerationOptions options) => options.NumBeams > 1 ? Math.Max(2, 1 + options.EosTokenIds.Count) : 1;

    /// <summary>The length at which the first free token is chosen: behind a forced one, if there is one.</summary>
    private static int Begin(GenerationOptions options, PromptContext prompt) => prompt.Tokens == 1 && options.ForcedBosTokenId is not null ? 2 : prompt.Tokens;
}
