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
        SequenceExample example = TaskColumns.Sequence(row, columns);
        return [isLabeled ? example with { Labels = [LabelOf(row, columns)] } : example];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> LabelsOf(TaskExample example) => ((SequenceExample)example).Labels ?? [];

    /// <inheritdoc/>
    public override EncodedExample Encode(TaskExample example, TaskEncoder encoder)
    {
        var sequence = (SequenceExample)example;
        Encoding encoding = encoder.Encode(sequence);
        float[]? targets = sequence.Labels is [var label] ? [encoder.Labels!.IdOf(example, label)] : null;
        return TaskEncoder.Whole(example, encoding, targets);
    }

    private static string LabelOf(DataRow row, TaskColumnOptions columns)
    {
        string column = TaskColumns.Find(row, columns.LabelColumn, "label_column", "label", "labels", "category", "class");
        return TaskColumns.Scalar(row, row.Column(column), $"column '{column}'");
    }
}
