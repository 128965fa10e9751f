using System.Text.Json;

namespace Attune.Data.Rows;

/// <summary>One row of a data file: a JSON value, or the reason why there is none.</summary>
public sealed class DataRow
{
    private DataRow(string file, long line, JsonElement value, DataException? error)
    {
        File = file;
        Line = line;
        Value = value;
        Error = error;
    }

    /// <summary>Makes a row that could be read.</summary>
    /// <param name="file">The file's name as the user gave it.</param>
    /// <param name="line">The 1-based line on which the row begins.</param>
    /// <param name="value">The row; formats with columns give an object of column name to text.</param>
    public DataRow(string file, long line, JsonElement value)
        : this(file, line, value, null)
    {
    }

    /// <summary>The file's name as the user gave it.</summary>
    public string File { get; }

    /// <summary>The 1-based line on which the row begins.</summary>
    public long Line { get; }

    /// <summary>Where the row begins.</summary>
    public RowPlace Place => new(File, Line);

    /// <summary>The row's value; undefined when <see cref="Error"/> is set.</summary>
    public JsonElement Value { get; }

    /// <summary>Why the row could not be read; null for a good row.</summary>
    public DataException? Error { get; }

    /// <summary>A row that could not be read; the rows after it still can.</summary>
    public static DataRow Bad(string file, long line, string reason, string? detail = null, Exception? inner = null) =>
        new(file, line, default, DataException.AtRow(file, line, reason, detail, inner));

    /// <summary>An error about this row, for whoever finds it wrong later.</summary>
    public DataException Wrong(string reason, string? detail = null, Exception? inner = null) =>
        DataException.AtRow(File, Line, reason, detail, inner);
}
