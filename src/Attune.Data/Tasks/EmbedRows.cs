using System.Globalization;
using System.Text.Json;
using Attune.Data.Rows;
using Attune.Data.Tokenization;
using Attune.Text;

namespace Attune.Data.Tasks;

/// <summary>Pairs of texts whose vectors are to be near, by a number between -1 and 1 or because they belong together; the latter may have texts that are to be far from the first.</summary>
public sealed class EmbedRows : RowTask
{
    private const int MostNegatives = 64;

    private static readonly string[] KnownScores = ["score", "similarity_score", "label"];

    /// <inheritdoc/>
    public override string Key => "embed";

    /// <inheritdoc/>
    public override IEnumerable<TaskExample> Read(DataRow row, TaskColumnOptions columns, TaskOptions options, bool isLabeled)
    {
        (string text, string? other) = TaskColumns.Texts(row, columns);
        if (!isLabeled)
        {
            return [new SimilarExample(row.Place, text, null, null)];
        }

        if (other is null)
        {
            throw row.Wrong("a second text is missing: embeddings learn from pairs, such as anchor and positive, or sentence1 and sentence2; say which columns they are with text_column and text_pair_column");
        }

        string? column = columns.LabelColumn ?? KnownScores.FirstOrDefault(name => row.Column(name).ValueKind != JsonValueKind.Undefined);
        float? score = column is null ? null : TaskColumns.Number(row, row.Column(column), $"column '{column}'");
        if (score is not (null or (>= -1 and <= 1)))
        {
            throw row.Wrong($"column '{column}': expected a number from -1 to 1, as the cosine of the two vectors should be", FormattableString.Invariant($"found {score}"));
        }

        return score is null
            ? [new SimilarExample(row.Place, text, other, null) { Negatives = [.. Negatives(row, columns)] }]
            : columns.NegativeColumns.Count == 0
            ? [new SimilarExample(row.Place, text, other, score)]
            : throw row.Wrong($"negatives are for pairs that belong together, and column '{column}' says by a number how near these are; leave negative_columns or the number out");
    }

    /// <inheritdoc/>
    public override EncodedExample Encode(TaskExample example, TaskEncoder encoder)
    {
        var similar = (SimilarExample)example;
        Encoding encoding = encoder.Encode(example, similar.Text);
        Encoding? other = similar.Other is null ? null : encoder.Encode(example, similar.Other);
        Encoding[] negatives = [.. similar.Negatives.Select(text => encoder.Encode(example, text))];
        var row = new TokenRow(encoding.Ids, TaskEncoder.Unlabeled(encoding.Count), example.Place.File, example.Place.Line)
        {
            OutputIds = other?.Ids,
            NegativeIds = negatives.Length == 0 ? null : [.. negatives.Select(negative => negative.Ids)],
            Targets = similar.Score is { } score ? [score] : null,
        };
        return new EncodedExample(example, [new EncodedRow(row, encoding)], encoding.Overflow.Count > 0 || other?.Overflow.Count > 0 || negatives.Any(negative => negative.Overflow.Count > 0));
    }

    private static IEnumerable<string> Negatives(DataRow row, TaskColumnOptions columns)
    {
        const string Usual = "negative";
        if (columns.NegativeColumns.Count > 0)
        {
            return columns.NegativeColumns.SelectMany(column => Texts(row, TaskColumns.Find(row, column, "negative_columns")));
        }

        IEnumerable<string> numbered = Enumerable.Range(1, MostNegatives).Select(number => string.Create(CultureInfo.InvariantCulture, $"{Usual}_{number}"));
        return numbered.Prepend(Usual).Where(column => row.Column(column).ValueKind != JsonValueKind.Undefined).SelectMany(column => Texts(row, column));
    }

    private static string[] Texts(DataRow row, string column) => row.Column(column).ValueKind == JsonValueKind.Array
        ? TaskColumns.Items(row, column, null)
        : [row.Text(column)];
}
