namespace Attune.Data.Tokenization;

/// <summary>A row as the model sees it.</summary>
public sealed class TokenRow
{
    /// <summary>The label of a token that does not count in the loss.</summary>
    public const int NoLoss = -100;

    /// <summary>Makes a row from ids and labels of the same length.</summary>
    /// <param name="inputIds">Token ids [T], at least one.</param>
    /// <param name="labels">For each token its id, or <see cref="NoLoss"/>; aligned with <paramref name="inputIds"/>, not shifted.</param>
    /// <param name="file">The file that the row came from; empty when it came from none.</param>
    /// <param name="line">The 1-based line on which the row begins; 0 when it came from no file.</param>
    /// <exception cref="DataException">The lengths differ or are 0.</exception>
    public TokenRow(int[] inputIds, int[] labels, string file = "", long line = 0)
    {
        if (inputIds.Length == 0 || inputIds.Length != labels.Length)
        {
            throw new DataException($"a row needs as many labels as ids and at least one; found {inputIds.Length} ids and {labels.Length} labels.");
        }

        InputIds = inputIds;
        Labels = labels;
        File = file;
        Line = line;
    }

    /// <summary>Token ids [T].</summary>
    public int[] InputIds { get; }

    /// <summary>Labels [T]: the token's id, or <see cref="NoLoss"/>; aligned with <see cref="InputIds"/>, not shifted.</summary>
    public int[] Labels { get; }

    /// <summary>Whether labels are what is said of the tokens themselves (tags, hidden tokens) instead of what follows the token before.</summary>
    public bool LabelsAreOwn { get; init; }

    /// <summary>Which part of a pair each token belongs to [T]; null when all are of the first.</summary>
    public int[]? TokenTypes { get; init; }

    /// <summary>Lengths of the sequences that the row consists of (the choices of a question), which together are T; null when it is one.</summary>
    public int[]? Parts { get; init; }

    /// <summary>
    /// What is said of the row as a whole: its class, 0 or 1 for each of several classes, numbers, the number of its right part, or the places of the first and last token of an answer. Null for nothing.
    /// </summary>
    public float[]? Targets { get; init; }

    /// <summary>The ids of the text that is to be written for the row; null for none.</summary>
    public int[]? OutputIds { get; init; }

    /// <summary>The ids of each text that the row's vector is to be far from; null for none.</summary>
    public int[][]? NegativeIds { get; init; }

    /// <summary>The file that the row came from.</summary>
    public string File { get; }

    /// <summary>The 1-based line on which the row begins.</summary>
    public long Line { get; }

    /// <summary>Number of tokens.</summary>
    public int Length => InputIds.Length;

    /// <summary>Tokens that count in the loss: labels but for the first, which nothing predicts unless <see cref="LabelsAreOwn"/>.</summary>
    public int TrainedTokens => LabelsAreOwn ? Labels.Length - Labels.AsSpan().Count(NoLoss) : Labels.Length - 1 - Labels.AsSpan(1).Count(NoLoss);
}
