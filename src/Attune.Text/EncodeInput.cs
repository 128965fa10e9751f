namespace Attune.Text;

/// <summary>What to encode: a text or words, and perhaps a second text or words with it.</summary>
public sealed class EncodeInput
{
    /// <summary>A text, and perhaps a second one.</summary>
    public EncodeInput(string text, string? pair = null)
    {
        Parts = [text];
        PairParts = pair is null ? null : [pair];
    }

    private EncodeInput(IReadOnlyList<string> words, IReadOnlyList<string>? pairWords)
    {
        Parts = words;
        PairParts = pairWords;
        IsWords = true;
    }

    /// <summary>Whether the parts are words, whose numbers become word ids and in which offsets count anew.</summary>
    public bool IsWords { get; }

    /// <summary>Whether there is a second text.</summary>
    public bool IsPair => PairParts is not null;

    internal IReadOnlyList<string> Parts { get; }

    internal IReadOnlyList<string>? PairParts { get; }

    /// <summary>A text as one.</summary>
    public static implicit operator EncodeInput(string text) => FromString(text);

    /// <summary>A text as one.</summary>
    public static EncodeInput FromString(string text) => new(text);

    /// <summary>Words that are encoded one by one, and perhaps a second list of words.</summary>
    public static EncodeInput OfWords(IReadOnlyList<string> words, IReadOnlyList<string>? pairWords = null) => new(words, pairWords);
}
