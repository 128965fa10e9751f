using Attune.Formats;

namespace Attune.Inference;

/// <content>The settings that come with a model.</content>
public sealed partial record GenerationOptions
{
    /// <summary>What transformers takes for <c>max_length</c> where nobody chose one; older configurations hold it.</summary>
    private const int UnchosenMaxLength = 20;

    /// <summary>How a model wants to be asked: the values of its <c>generation_config.json</c>, or of a <c>config.json</c> from before there was such a file. Without <c>do_sample</c> nothing is drawn.</summary>
    /// <exception cref="ModelFileException">A value is of the wrong kind.</exception>
    public static GenerationOptions From(ModelConfig values) => new()
    {
        MaxNewTokens = values.FindPositive("max_new_tokens"),
        MaxLength = values.FindPositive("max_length") is { } length and not UnchosenMaxLength ? length : null,
        MinLength = values.FindInt32("min_length") ?? 0,
        MinNewTokens = values.FindInt32("min_new_tokens") ?? 0,
        DoSample = values.GetBoolean("do_sample", false),
        Temperature = values.FindDouble("temperature"),
        TopH = values.GetDouble("top_h", 1),
        TopK = values.FindInt32("top_k") ?? 50,
        TopP = values.GetDouble("top_p", 1),
        MinP = values.GetDouble("min_p", 0),
        TypicalP = values.GetDouble("typical_p", 1),
        EpsilonCutoff = values.GetDouble("epsilon_cutoff", 0),
        EtaCutoff = values.GetDouble("eta_cutoff", 0),
        RepetitionPenalty = values.GetDouble("repetition_penalty", 1),
        EncoderRepetitionPenalty = values.GetDouble("encoder_repetition_penalty", 1),
        FrequencyPenalty = values.GetDouble("frequency_penalty", 0),
        PresencePenalty = values.GetDouble("presence_penalty", 0),
        NoRepeatNgramSize = values.FindInt32("no_repeat_ngram_size") ?? 0,
        EncoderNoRepeatNgramSize = values.FindInt32("encoder_no_repeat_ngram_size") ?? 0,
        BadWordsIds = values.FindInt32Lists("bad_words_ids") ?? [],
        SequenceBias = values.FindWeightedLists("sequence_bias") ?? [],
        SuppressTokens = values.FindInt32s("suppress_tokens") ?? [],
        BeginSuppressTokens = values.FindInt32s("begin_suppress_tokens") ?? [],
        ForcedBosTokenId = values.FindInt32("forced_bos_token_id"),
        ForcedEosTokenId = values.FindInt32s("forced_eos_token_id") ?? [],
        ExponentialDecayLengthPenalty = values.FindDoubles("exponential_decay_length_penalty") ?? [],
        RenormalizeLogits = values.GetBoolean("renormalize_logits", false),
        NumBeams = values.FindPositive("num_beams") ?? 1,
        LengthPenalty = values.GetDouble("length_penalty", 1),
        EarlyStopping = values.IsText("early_stopping") ? values.GetString("early_stopping") : values.GetBoolean("early_stopping", false) ? "true" : "false",
        NumReturnSequences = values.FindPositive("num_return_sequences") ?? 1,
        EosTokenIds = values.EosTokenIds,
    };
}
