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
        (string text, string? pair) = TaskColumns.Texts(row, columns);
        return [new SequenceExample(new RowPlace(row.File, row.Line), text, pair) { Values = isLabeled ? Values(row, columns) : null }];
    }

    /// <inheritdoc/>
    public override EncodedExample Encode(TaskExample example, TaskEncoder encoder)
    {
        var sequence = (SequenceExample)example;
        Encoding encoding = encoder.Encode(example, new EncodeInput(sequence.Text, sequence.Pair));
        int outputs = encoder.Labels!.Names.Count;
        if (sequence.Values is { } values && values.Count != outputs)
        {
            throw example.Wrong("rows differ in how many numbers they have", $"expected {outputs}, found {values.Count}");
        }

        return new EncodedExample(example, [new EncodedRow(TaskEncoder.Row(example, encoding, sequence.Values?.ToArray()), encoding)], encoding.Overflow.Count > 0);
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
