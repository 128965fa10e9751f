namespace Attune.Data.Rows;

/// <summary>Where a row stands.</summary>
/// <param name="File">The file's name as the user gave it.</param>
/// <param name="Line">The 1-based line on which the row begins.</param>
public readonly record struct RowPlace(string File, long Line)
{
    /// <inheritdoc/>
    public override string ToString() => $"{File}:{Line}";
}
