using System.Text.Json;

namespace Attune.Data.Rows;

/// <summary>One row of a data file: a JSON value, or the reason why there is none.</summary>
public sealed class DataRow
{
    private DataRow(RowPlace place, JsonElement value, DataException? error)
    {
        Place = place;
        Value = value;
        Error = error;
    }

    /// <summary>Makes a row that could be read.</summary>
    /// <param name="file">The file's name as the user gave it.</param>
    /// <param name="line">The 1-based line on which the row begins.</param>
    /// <param name="value">The row; formats with columns give an object of column name to text.</param>
    public DataRow(string file, long line, JsonElement value)
        : this(new RowPlace(file, line), value, null)
    {
    }

    /// <summary>Makes a row that could be read.</summary>
    /// <param name="place">Where it stands.</param>
    /// <param name="value">The row; formats with columns give an object of column name to value.</param>
    public DataRow(RowPlace place, JsonElement value)
        : this(place, value, null)
    {
    }

    /// <summary>The file's name as the user gave it.</summary>
    public string File => Place.File;

    /// <summary>The 1-based line on which the row begins.</summary>
    public long Line => Place.Line;

    /// <summary>Where the row begins.</summary>
    public RowPlace Place { get; }

    /// <summary>The row's value; undefined when <see cref="Error"/> is set.</summary>
    public JsonElement Value { get; }

    /// <summary>Why the row could not be read; null for a good row.</summary>
    public DataException? Error { get; }

    /// <summary>A row that could not be read; the rows after it still can.</summary>
    public static DataRow Bad(string file, long line, string reason, string? detail = null, Exception? inner = null) =>
        Bad(new RowPlace(file, line), reason, detail, inner);

    /// <summary>A row that could not be read; the rows after it still can.</summary>
    public static DataRow Bad(RowPlace place, string reason, string? detail = null, Exception? inner = null) =>
        new(place, default, DataException.AtRow(place, reason, detail, inner));

    /// <summary>An error about this row, for whoever finds it wrong later.</summary>
    public DataException Wrong(string reason, string? detail = null, Exception? inner = null) =>
        DataException.AtRow(Place, reason, detail, inner);
}
