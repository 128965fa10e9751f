namespace Attune.Inference;

/// <summary>How text is generated; names, meanings and order of the settings are those of Hugging Face's generation settings.</summary>
public sealed partial record GenerationOptions
{
    /// <summary>What <see cref="MaxNewTokens"/> is where nobody says.</summary>
    private const int UsualNewTokens = 256;

    /// <summary>Most tokens to generate. Range: 1 and up. Default: what max_length leaves where that is given, else 256.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>Most tokens of prompt and answer together (of the answer with its start where an encoder reads the prompt); max_new_tokens wins. Range: 1 and up. Default: none.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Least tokens of prompt and answer together before a text may end. Range: 0 and up. Default: 0.</summary>
    public int MinLength { get; init; }

    /// <summary>Least tokens of an answer before it may end. Range: 0 and up. Default: 0.</summary>
    public int MinNewTokens { get; init; }

    /// <summary>Draw tokens by their probabilities instead of taking the likeliest. Default: when a temperature is given.</summary>
    public bool? DoSample { get; init; }

    /// <summary>Divisor of the logits before a token is drawn; 0 always takes the most likely token. Range: 0 and up. Default: 1 with do_sample, else 0.</summary>
    public double? Temperature { get; init; }

    /// <summary>Of drawn tokens, only those whose shares of the entropy, from the likeliest on, together are at most this share of it, among the 100 likeliest. Range: (0, 1]. Default: 1, which is all.</summary>
    public double TopH { get; init; } = 1;

    /// <summary>Only the so many most likely tokens are drawn from; 0 for all. Default: 50.</summary>
    public int TopK { get; init; } = 50;

    /// <summary>Only the most likely tokens that together have this probability are drawn from. Range: (0, 1]. Default: 1.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Only tokens at least this probable, relative to the most likely one, are drawn from. Range: [0, 1]. Default: 0.</summary>
    public double MinP { get; init; }

    /// <summary>Only the tokens whose surprise is nearest to the expected one, and that together have this probability, are drawn from. Range: (0, 1]. Default: 1.</summary>
    public double TypicalP { get; init; } = 1;

    /// <summary>Only tokens at least this probable are drawn from. Range: 0 to less than 1. Default: 0.</summary>
    public double EpsilonCutoff { get; init; }

    /// <summary>As epsilon_cutoff, but lower where the model is unsure: the least of it and its root times e^-entropy. Range: 0 to less than 1. Default: 0.</summary>
    public double EtaCutoff { get; init; }

    /// <summary>Factor against tokens that are in the text already: positive logits are divided by it, negative ones multiplied. Range: above 0. Default: 1.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Factor in favour of tokens of the prompt (of what the encoder read): positive logits are multiplied by it, negative ones divided. Range: above 0. Default: 1.</summary>
    public double EncoderRepetitionPenalty { get; init; } = 1;

    /// <summary>Taken from a token's logit for each time that it is in the text already (OpenAI's penalty). Default: 0.</summary>
    public double FrequencyPenalty { get; init; }

    /// <summary>Taken from the logit of every token that is in the text already (OpenAI's penalty). Default: 0.</summary>
    public double PresencePenalty { get; init; }

    /// <summary>Sequences of so many tokens come only once in a text; 0 for no limit. Default: 0.</summary>
    public int NoRepeatNgramSize { get; init; }

    /// <summary>Sequences of so many tokens of the prompt (of what the encoder read) do not come again; 0 for no limit. Default: 0.</summary>
    public int EncoderNoRepeatNgramSize { get; init; }

    /// <summary>Sequences of token ids that never come, such as "8 9". Default: none.</summary>
    public IReadOnlyList<IReadOnlyList<int>> BadWordsIds { get; init; } = [];

    /// <summary>What is added to the logit of the last token of a sequence of ids where the others stand before it, such as {"8 9": -3}. Default: none.</summary>
    public IReadOnlyList<KeyValuePair<IReadOnlyList<int>, double>> SequenceBias { get; init; } = [];

    /// <summary>Token ids that never come. Default: none.</summary>
    public IReadOnlyList<int> SuppressTokens { get; init; } = [];

    /// <summary>Token ids that do not come first. Default: none.</summary>
    public IReadOnlyList<int> BeginSuppressTokens { get; init; } = [];

    /// <summary>The first token behind the start of an answer, for models with an encoder. Default: none.</summary>
    public int? ForcedBosTokenId { get; init; }

    /// <summary>The ids one of which ends a text that reaches its limit. Default: none.</summary>
    public IReadOnlyList<int> ForcedEosTokenId { get; init; } = [];

    /// <summary>Two numbers: behind so many tokens of an answer, its end becomes likelier by this factor to the power of the tokens since. Range: 0 and up; above 0. Default: none.</summary>
    public IReadOnlyList<double> ExponentialDecayLengthPenalty { get; init; } = [];

    /// <summary>Make logarithms of probabilities of the logits once they were changed, which counts for the scores of beams. Default: false.</summary>
    public bool RenormalizeLogits { get; init; }

    /// <summary>Texts that are kept at each step, of which the likeliest is the answer; 1 for no search. Range: 1 to 1024. Default: 1.</summary>
    public int NumBeams { get; init; } = 1;

    /// <summary>With beams, scores are divided by the length of the answer to this power: above 0 favours long ones. Default: 1.</summary>
    public double LengthPenalty { get; init; } = 1;

    /// <summary>With beams, when the search ends: false (when the running texts are, as they are, worse than the finished ones), true (as soon as there are as many finished texts as beams) or never (when
    /// no running text could become better). Default: false.</summary>
    public string EarlyStopping { get; init; } = "false";

    /// <summary>With beams, texts that are given for each prompt. Range: 1 to num_beams. Default: 1.</summary>
    public int NumReturnSequences { get; init; } = 1;

    /// <summary>Seed of the draws; the same seed gives the same text. Default: 42.</summary>
    public int Seed { get; init; } = 42;

    /// <summary>Texts that end the generation; they are not part of the result. Default: none.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Token ids that end the generation. Default: none.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>Whether tokens are drawn.</summary>
    internal bool IsSampling => Temperature != 0 && (DoSample ?? Temperature is not null);

    /// <summary>Whether a search ends as soon as there are as many finished texts as beams.</summary>
    internal bool StopsWhenFull => EarlyStopping == "true";

    /// <summary>Whether a search goes on while any length could make a running text better.</summary>
    internal bool StopsWhenHopeless => EarlyStopping == "never";

    /// <summary>Most tokens to generate behind a prompt.</summary>
    /// <exception cref="GenerationException">The prompt is as long as the whole may be.</exception>
    internal int NewTokensBehind(int promptTokens) => MaxNewTokens is { } most ? most
        : MaxLength is not { } whole ? UsualNewTokens
        : whole > promptTokens ? whole - promptTokens
        : throw new GenerationException($"max_length: the prompt has {promptTokens} tokens already, max_length is {whole}; give max_new_tokens");
}
