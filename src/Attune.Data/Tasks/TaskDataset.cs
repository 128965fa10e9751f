using Attune.Data.Tokenization;

namespace Attune.Data.Tasks;

/// <summary>A labelled data set ready to train or to evaluate on.</summary>
/// <param name="Examples">The examples in the order of the files.</param>
/// <param name="Labels">The classes; null for a task without.</param>
/// <param name="Report">What became of every row.</param>
public sealed record TaskDataset(IReadOnlyList<EncodedExample> Examples, LabelSet? Labels, DataReport Report)
{
    /// <summary>Splits examples by seed; all rows of an example stay on one side, and so do examples with the same tokens.</summary>
    /// <exception cref="DataException">An option is out of range, or one of the sides would be empty.</exception>
    public (IReadOnlyList<EncodedExample> Train, IReadOnlyList<EncodedExample> HeldOut) Split(SplitOptions options)
    {
        HeldOutSplit split = HeldOutSplit.Of([.. Examples.Select(example => example.Rows[0].Tokens)], options);
        HashSet<TokenRow> heldOut = [.. split.HeldOut];
        return ([.. Examples.Where(example => !heldOut.Contains(example.Rows[0].Tokens))], [.. Examples.Where(example => heldOut.Contains(example.Rows[0].Tokens))]);
    }
}
