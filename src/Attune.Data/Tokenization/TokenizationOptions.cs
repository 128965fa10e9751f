namespace Attune.Data.Tokenization;

/// <summary>How rows become tokens and which of them are learnt.</summary>
public sealed record TokenizationOptions
{
    /// <summary>The most tokens of a row, and of a pack when packing. Default 1024; at least 2.</summary>
    public int MaxLength { get; init; } = 1024;

    /// <summary>What to do with a longer row: <c>truncate</c> (default: keep its beginning), <c>split</c> it into several, <c>drop</c> it, or <c>raise</c>: it is a bad row.</summary>
    public string ExcessLengthStrategy { get; init; } = "truncate";

    /// <summary>Whether prompts and the other side of conversations are learnt too. Default false: only answers are.</summary>
    public bool TrainOnInputs { get; init; }

    /// <summary>Whether prompt/completion and Alpaca rows become a conversation where the model has a chat template. Default true; otherwise the answer follows the prompt as plain text.</summary>
    public bool ApplyChatTemplate { get; init; } = true;

    /// <summary>Whether rows that do not go through a chat template end in the model's end-of-text token. Default true.</summary>
    public bool AddEosToken { get; init; } = true;

    /// <summary>Whether rows that do not go through a chat template get the tokens that the tokenizer itself adds, such as the beginning-of-text token. Default true.</summary>
    public bool AddSpecialTokens { get; init; } = true;

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="DataException">A value is out of its range.</exception>
    public void Validate()
    {
        Check.Range(MaxLength, "max_length", 2, int.MaxValue);
        Check.OneOf(ExcessLengthStrategy, "excess_length_strategy", "truncate", "split", "drop", "raise");
    }
}
