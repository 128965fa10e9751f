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
        SequenceExample example = TaskColumns.Sequence(row, columns);
        return
        [
            isLabeled
                ? example with { Labels = TaskColumns.Items(row, TaskColumns.Find(row, columns.LabelColumn, "label_column", "labels", "label", "categories", "classes"), options.LabelSeparator) }
                : example,
        ];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> LabelsOf(TaskExample example) => ((SequenceExample)example).Labels ?? [];

    /// <inheritdoc/>
    public override EncodedExample Encode(TaskExample example, TaskEncoder encoder)
    {
        var sequence = (SequenceExample)example;
        Encoding encoding = encoder.Encode(sequence);
        float[]? targets = null;
        if (sequence.Labels is { } labels)
        {
            targets = new float[encoder.Labels!.Names.Count];
            foreach (string label in labels)
            {
                targets[encoder.Labels.IdOf(example, label)] = 1;
            }
        }

        return TaskEncoder.Whole(example, encoding, targets);
    }
}
