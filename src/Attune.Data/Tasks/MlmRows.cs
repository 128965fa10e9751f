using Attune.Data.Rows;
using Attune.Text;

namespace Attune.Data.Tasks;

/// <summary>Running text in which tokens are hidden; a text longer than a row becomes several.</summary>
public sealed class MlmRows : RowTask
{
    /// <inheritdoc/>
    public override string Key => "mlm";

    /// <inheritdoc/>
    public override IEnumerable<TaskExample> Read(DataRow row, TaskColumnOptions columns, TaskOptions options, bool isLabeled) => [TaskColumns.Sequence(row, columns)];

    /// <inheritdoc/>
    public override EncodedExample Encode(TaskExample example, TaskEncoder encoder)
    {
        Encoding first = encoder.Encode((SequenceExample)example);
        return new EncodedExample(example, [.. first.Overflow.Prepend(first).Select(part => new EncodedRow(TaskEncoder.Row(example, part), part))]);
    }
}
