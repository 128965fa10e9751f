namespace Attune.Inference;

/// <content>The ranges of the settings.</content>
public sealed partial record GenerationOptions
{
    /// <summary>Checks every setting.</summary>
    /// <exception cref="GenerationException">A setting is out of its range.</exception>
    public void Validate()
    {
        Require(MaxNewTokens is null or >= 1, "max_new_tokens", "1 or more", MaxNewTokens);
        Require(MaxLength is null or >= 1, "max_length", "1 or more", MaxLength);
        Require(MinLength >= 0, "min_length", "0 or more", MinLength);
        Require(MinNewTokens >= 0, "min_new_tokens", "0 or more", MinNewTokens);
        Require(!Stop.Contains(string.Empty), "stop", "texts that are not empty", "an empty one");
        ValidateDraws();
        ValidatePenalties();
        Require(NumBeams is >= 1 and <= 1024, "num_beams", "1 to 1024", NumBeams);
        Require(double.IsFinite(LengthPenalty), "length_penalty", "a number", LengthPenalty);
        Require(EarlyStopping is "false" or "true" or "never", "early_stopping", "false, true or never", EarlyStopping);
        Require(NumReturnSequences >= 1 && NumReturnSequences <= NumBeams, "num_return_sequences", $"1 to num_beams = {NumBeams}", NumReturnSequences);
    }

    private static void Require(bool holds, string name, string expected, object? found)
    {
        if (!holds)
        {
            throw new GenerationException(FormattableString.Invariant($"{name}: expected {expected}, found {found}"));
        }
    }

    private static bool IsShare(double value) => value is > 0 and <= 1;

    private static bool IsFactor(double value) => value > 0 && double.IsFinite(value);

    private void ValidateDraws()
    {
        Require(Temperature is null || (Temperature >= 0 && double.IsFinite(Temperature.Value)), "temperature", "0 or more", Temperature);
        Require(IsShare(TopH), "top_h", "a share above 0 and up to 1", TopH);
        Require(TopK >= 0, "top_k", "0 or more", TopK);
        Require(IsShare(TopP), "top_p", "a probability above 0 and up to 1", TopP);
        Require(MinP is >= 0 and <= 1, "min_p", "a probability from 0 to 1", MinP);
        Require(IsShare(TypicalP), "typical_p", "a probability above 0 and up to 1", TypicalP);
        Require(EpsilonCutoff is >= 0 and < 1, "epsilon_cutoff", "a probability from 0 to less than 1", EpsilonCutoff);
        Require(EtaCutoff is >= 0 and < 1, "eta_cutoff", "a probability from 0 to less than 1", EtaCutoff);
    }

    private void ValidatePenalties()
    {
        Require(IsFactor(RepetitionPenalty), "repetition_penalty", "a number above 0", RepetitionPenalty);
        Require(IsFactor(EncoderRepetitionPenalty), "encoder_repetition_penalty", "a number above 0", EncoderRepetitionPenalty);
        Require(double.IsFinite(FrequencyPenalty), "frequency_penalty", "a number", FrequencyPenalty);
        Require(double.IsFinite(PresencePenalty), "presence_penalty", "a number", PresencePenalty);
        Require(NoRepeatNgramSize >= 0, "no_repeat_ngram_size", "0 or more", NoRepeatNgramSize);
        Require(EncoderNoRepeatNgramSize >= 0, "encoder_no_repeat_ngram_size", "0 or more", EncoderNoRepeatNgramSize);
        Require(BadWordsIds.All(word => word.Count > 0), "bad_words_ids", "sequences of at least one id", "an empty one");
        Require(SequenceBias.All(pair => pair.Key.Count > 0 && double.IsFinite(pair.Value)), "sequence_bias", "sequences of at least one id with numbers", "something else");
        IReadOnlyList<double> decay = ExponentialDecayLengthPenalty;
        Require(
            decay.Count == 0 || (decay.Count == 2 && decay[0] is >= 0 and <= int.MaxValue && double.IsInteger(decay[0]) && IsFactor(decay[1])),
            "exponential_decay_length_penalty", "a number of tokens and a factor above 0", string.Join(' ', decay));
    }
}
