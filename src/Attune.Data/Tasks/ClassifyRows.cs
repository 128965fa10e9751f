using Attune.Data.Rows;
using Attune.Text;

namespace Attune.Data.Tasks;

/// <summary>One class of each text.</summary>
public sealed class ClassifyRows : RowTask
{
    /// <inheritdoc/>
    public override string Key => "classify";

    /// <inheritdoc/>
    public override bool HasLabels => true;

    /// <inheritdoc/>
    public override IEnumerable<TaskExample> Read(DataRow row, TaskColumnOptions columns, TaskOptions options, bool isLabeled)
    {
        (string text, string? pair) = TaskColumns.Texts(row, columns);
        string? label = isLabeled ? LabelOf(row, columns) : null;
        return [new SequenceExample(new RowPlace(row.File, row.Line), text, pair) { Labels = label is null ? null : [label] }];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> LabelsOf(TaskExample example) => ((SequenceExample)example).Labels ?? [];

    /// <inheritdoc/>
    public override EncodedExample Encode(TaskExample example, TaskEncoder encoder)
    {
        var sequence = (SequenceExample)example;
        Encoding encoding = encoder.Encode(example, new EncodeInput(sequence.Text, sequence.Pair));
        float[]? targets = sequence.Labels is [var label] ? [encoder.Labels!.IdOf(example, label)] : null;
        return new EncodedExample(example, [new EncodedRow(TaskEncoder.Row(example, encoding, targets), encoding)], encoding.Overflow.Count > 0);
    }

    private static string LabelOf(DataRow row, TaskColumnOptions columns)
    {
        string column = TaskColumns.Find(row, columns.LabelColumn, "label_column", "label", "labels", "category", "class");
        return TaskColumns.Scalar(row, row.Column(column), $"column '{column}'");
    }
}
