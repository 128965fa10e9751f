using Attune.Data.Rows;

namespace Attune.Data.Tasks;

/// <summary>What the rows of a task hold and how they become tokens and targets. May be used by several threads at once.</summary>
public abstract class RowTask
{
    /// <summary>The key users write, such as <c>classify</c>.</summary>
    public abstract string Key { get; }

    /// <summary>Whether there are classes, which the data may name.</summary>
    public virtual bool HasLabels => false;

    /// <summary>Reads what a row says; some rows (an article of SQuAD) hold several examples.</summary>
    /// <param name="row">The row.</param>
    /// <param name="columns">The columns that the user named.</param>
    /// <param name="options">The task's settings.</param>
    /// <param name="isLabeled">Whether labels have to be there; otherwise they are not looked at.</param>
    /// <exception cref="DataException">A column is missing or holds something else.</exception>
    public abstract IEnumerable<TaskExample> Read(DataRow row, TaskColumnOptions columns, TaskOptions options, bool isLabeled);

    /// <summary>The classes that an example names.</summary>
    public virtual IReadOnlyList<string> LabelsOf(TaskExample example) => [];

    /// <summary>Tokenises an example.</summary>
    /// <exception cref="DataException">A label is none of the classes, or the example has no room.</exception>
    public abstract EncodedExample Encode(TaskExample example, TaskEncoder encoder);
}
