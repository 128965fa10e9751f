using Attune.Data.Tokenization;
using Attune.Text;

namespace Attune.Data.Tasks;

/// <summary>What examples are tokenised with.</summary>
/// <param name="Tokenizer">The model's tokenizer.</param>
/// <param name="MaxLength">Most tokens of a row.</param>
/// <param name="Options">The task's settings.</param>
public sealed record TaskEncoder(Tokenizer Tokenizer, int MaxLength, TaskOptions Options)
{
    /// <summary>The classes; null for a task without.</summary>
    public LabelSet? Labels { get; init; }

    /// <summary>The id that ends texts; null when the tokenizer's own post-processor is trusted with it.</summary>
    public int? EndId { get; init; }

    /// <summary>Tokens of a text or a pair as the post-processor has them, cut at <see cref="MaxLength"/>.</summary>
    /// <exception cref="DataException">Nothing of it becomes a token.</exception>
    internal Encoding Encode(TaskExample example, EncodeInput input, TruncationOptions? truncation = null) =>
        Encode(Tokenizer, example, input, truncation ?? new TruncationOptions { MaxLength = MaxLength });

    /// <summary>Tokens of a text that is to be written, cut at <see cref="TaskOptions.MaxTargetLength"/>.</summary>
    /// <exception cref="DataException">Nothing of it becomes a token.</exception>
    internal Encoding EncodeTarget(TaskExample example, string text) =>
        Encode(Tokenizer.ForTargets, example, text, new TruncationOptions { MaxLength = Options.MaxTargetLength });

    private static Encoding Encode(Tokenizer tokenizer, TaskExample example, EncodeInput input, TruncationOptions truncation)
    {
        try
        {
            Encoding encoding = tokenizer.Encode(input, new EncodeOptions { Truncation = truncation });
            return encoding.Count > 0 ? encoding : throw example.Wrong("the row is empty");
        }
        catch (TextException error)
        {
            throw example.Wrong("the row cannot be tokenised", error.Message);
        }
    }

    /// <summary>Tokens of an example's text or pair of texts.</summary>
    /// <exception cref="DataException">Nothing of it becomes a token.</exception>
    internal Encoding Encode(SequenceExample example) => Encode(example, new EncodeInput(example.Text, example.Pair));

    /// <summary>An example that is one row, of which a part may have been cut off.</summary>
    internal static EncodedExample Whole(TaskExample example, Encoding encoding, float[]? targets = null, int[]? labels = null) =>
        new(example, [new EncodedRow(Row(example, encoding, targets, labels), encoding)], encoding.Overflow.Count > 0);

    /// <summary>A row of tokens without labels of their own.</summary>
    internal static TokenRow Row(TaskExample example, Encoding encoding, float[]? targets = null, int[]? labels = null)
    {
        int[] types = encoding.TypeIds;
        return new TokenRow(encoding.Ids, labels ?? Unlabeled(encoding.Count), example.Place.File, example.Place.Line)
        {
            LabelsAreOwn = labels is not null,
            Targets = targets,
            TokenTypes = types.AsSpan().ContainsAnyExcept(0) ? types : null,
        };
    }

    internal static int[] Unlabeled(int count)
    {
        int[] labels = new int[count];
        Array.Fill(labels, TokenRow.NoLoss);
        return labels;
    }
}
