using Attune.Data.Rows;
using Attune.Text;

namespace Attune.Data.Tasks;

/// <summary>Any number of classes of each text.</summary>
public sealed class MultiLabelRows : RowTask
{
    /// <inheritdoc/>
    public override string Key => "multilabel";

    /// <inheritdoc/>
    public override bool HasLabels => true;

    /// <inheritdoc/>
    public override IEnumerable<TaskExample> Read(DataRow row, TaskColumnOptions columns, TaskOptions options, bool isLabeled)
    {
        (string text, string? pair) = TaskColumns.Texts(row, columns);
        string[]? labels = isLabeled
            ? TaskColumns.Items(row, TaskColumns.Find(row, columns.LabelColumn, "label_column", "labels", "label", "categories", "classes"), options.LabelSeparator)
            : null;
        return [new SequenceExample(new RowPlace(row.File, row.Line), text, pair) { Labels = labels }];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> LabelsOf(TaskExample example) => ((SequenceExample)example).Labels ?? [];

    /// <inheritdoc/>
    public override EncodedExample Encode(TaskExample example, TaskEncoder encoder)
    {
        var sequence = (SequenceExample)example;
        Encoding encoding = encoder.Encode(example, new EncodeInput(sequence.Text, sequence.Pair));
        float[]? targets = null;
        if (sequence.Labels is { } labels)
        {
            targets = new float[encoder.Labels!.Names.Count];
            foreach (string label in labels)
            {
                targets[encoder.Labels.IdOf(example, label)] = 1;
            }
        }

        return new EncodedExample(example, [new EncodedRow(TaskEncoder.Row(example, encoding, targets), encoding)], encoding.Overflow.Count > 0);
    }
}
