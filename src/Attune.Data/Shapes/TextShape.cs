using System.Text.Json;
using Attune.Data.Rows;

namespace Attune.Data.Shapes;

/// <summary>Running text in one column.</summary>
public sealed class TextShape : IRowShape
{
    private const string First = "text";
    private const string Second = "content";

    /// <inheritdoc/>
    public string Key => "text";

    /// <inheritdoc/>
    public string Columns => "text or content";

    /// <inheritdoc/>
    public bool IsMapped(ColumnOptions columns) => columns.TextColumn is not null;

    /// <inheritdoc/>
    public bool Recognises(JsonElement row, ColumnOptions columns) => columns.TextColumn is { } column
        ? RowColumns.Has(row, column, JsonValueKind.String)
        : RowColumns.Has(row, First, JsonValueKind.String) || RowColumns.Has(row, Second, JsonValueKind.String);

    /// <inheritdoc/>
    public TrainingExample Read(DataRow row, ColumnOptions columns)
    {
        string column = columns.TextColumn
            ?? (row.Column(First).ValueKind == JsonValueKind.Undefined && row.Column(Second).ValueKind != JsonValueKind.Undefined ? Second : First);
        return new TextExample(row.Text(column));
    }
}
