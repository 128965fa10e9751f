using System.Text.Json;
using Attune.Data.Rows;
using Attune.Text;

namespace Attune.Data.Tasks;

/// <summary>A number of each text, or several.</summary>
public sealed class RegressRows : RowTask
{
    /// <inheritdoc/>
    public override string Key => "regress";

    /// <inheritdoc/>
    public override IEnumerable<TaskExample> Read(DataRow row, TaskColumnOptions columns, TaskOptions options, bool isLabeled)
    {
        SequenceExample example = TaskColumns.Sequence(row, columns);
        return [isLabeled ? example with { Values = Values(row, columns) } : example];
    }

    /// <inheritdoc/>
    public override EncodedExample Encode(TaskExample example, TaskEncoder encoder)
    {
        var sequence = (SequenceExample)example;
        Encoding encoding = encoder.Encode(sequence);
        int outputs = encoder.Labels!.Names.Count;
        if (sequence.Values is { } values && values.Count != outputs)
        {
            throw example.Wrong("rows differ in how many numbers they have", $"expected {outputs}, found {values.Count}");
        }

        return TaskEncoder.Whole(example, encoding, sequence.Values?.ToArray());
    }

    private static float[] Values(DataRow row, TaskColumnOptions columns)
    {
        string column = TaskColumns.Find(row, columns.LabelColumn, "label_column", "score", "label", "labels", "similarity_score", "value");
        JsonElement value = row.Column(column);
        string place = $"column '{column}'";
        return value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select(item => TaskColumns.Number(row, item, place))]
            : [TaskColumns.Number(row, value, place)];
    }
}
