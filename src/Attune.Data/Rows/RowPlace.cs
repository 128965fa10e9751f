namespace Attune.Data.Rows;

/// <summary>Where a row stands.</summary>
/// <param name="File">The file's name as the user gave it.</param>
/// <param name="Line">The 1-based line on which the row begins, or the row's number where <see cref="CountsRows"/>.</param>
public readonly record struct RowPlace(string File, long Line)
{
    /// <summary>Whether the file has rows and no lines (Parquet, Arrow).</summary>
    public bool CountsRows { get; init; }

    /// <summary>The place as messages begin with it.</summary>
    internal string Words => $"{File}, {(CountsRows ? "row" : "line")} {Line}";

    /// <inheritdoc/>
    public override string ToString() => $"{File}:{Line}";
}
