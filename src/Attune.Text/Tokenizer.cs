using Attune.Text.Pipeline;

namespace Attune.Text;

/// <summary>Turns text into token ids and back. Instances may be used by several threads at once.</summary>
public abstract class Tokenizer
{
    /// <summary>Number of ids, added tokens included: one more than the highest id.</summary>
    public abstract int VocabularySize { get; }

    /// <summary>What the tokenizer's file says about truncation and padding; only applied when given to <see cref="Encode(EncodeInput, EncodeOptions)"/>.</summary>
    public virtual EncodeOptions SavedOptions => new();

    /// <summary>The tokenizer of texts that a model with encoder and decoder is to write: that of the other language for translation models that have two; else this one.</summary>
    public virtual Tokenizer ForTargets => this;

    /// <summary>Encodes a text; special tokens that stand in it are recognised. An unpaired surrogate counts as U+FFFD.</summary>
    /// <param name="text">The text.</param>
    /// <param name="addSpecialTokens">Whether the post-processor adds its tokens (such as the beginning-of-text token). Default no.</param>
    public abstract Encoding Encode(string text, bool addSpecialTokens = false);

    /// <summary>Encodes a text, a pair of texts, or words; with truncation and padding if wanted.</summary>
    /// <exception cref="TextException">The options leave no room for the text, or name a text that is not there.</exception>
    public abstract Encoding Encode(EncodeInput input, EncodeOptions options);

    /// <summary>Most segmentations that <see cref="EncodeBest"/> gives.</summary>
    public const int MaxBest = 512;

    /// <summary>
    /// The ids of the best segmentations of a text, the best first, without what the post-processor adds: several for the Unigram models of SentencePiece files (Kudo 2018);
    /// one for others and for texts with special tokens in them.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="count">How many are wanted, 1 to <see cref="MaxBest"/>; there may be fewer.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is out of its range.</exception>
    public virtual IReadOnlyList<int[]> EncodeBest(string text, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MaxBest);
        return [Encode(text).Ids];
    }

    /// <summary>Encodes several inputs; without a length of its own, padding fills all to the longest of them.</summary>
    /// <exception cref="TextException">The options leave no room for a text, or name a text that is not there.</exception>
    public IReadOnlyList<Encoding> EncodeBatch(IReadOnlyList<EncodeInput> inputs, EncodeOptions options)
    {
        Encoding[] encodings = [.. inputs.Select(input => Encode(input, options with { Padding = null }))];
        if (options.Padding is not { } padding || encodings.Length == 0)
        {
            return encodings;
        }

        int length = Padding.LengthOf(padding, encodings.Max(encoding => encoding.Count));
        return Array.ConvertAll(encodings, encoding => new Encoding(Padding.Fill(encoding.Draft, padding, length)));
    }

    /// <summary>Decodes ids to text; ids outside the vocabulary are left out, incomplete UTF-8 becomes U+FFFD.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="skipSpecialTokens">Whether special tokens are left out. Default no.</param>
    public abstract string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false);

    /// <summary>The id of a token as the vocabulary spells it (byte-level tokens in their mapped characters); null when there is none.</summary>
    public abstract int? TokenToId(string token);

    /// <summary>The token of an id as the vocabulary spells it; null when there is none.</summary>
    public abstract string? IdToToken(int id);

    /// <summary>Whether an id is an added token marked as special.</summary>
    public abstract bool IsSpecial(int id);

    /// <summary>Starts a decoder that takes ids one by one and gives text as soon as its characters are complete.</summary>
    /// <param name="skipSpecialTokens">Whether special tokens are left out. Default no.</param>
    public StreamingDecoder CreateStreamingDecoder(bool skipSpecialTokens = false) => new(this, skipSpecialTokens);
}
