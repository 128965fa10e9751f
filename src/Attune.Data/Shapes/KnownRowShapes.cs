using System.Text.Json;
using Attune.Data.Formats;
using Attune.Data.Rows;

namespace Attune.Data.Shapes;

/// <summary>The row shapes that Attune knows, the most particular first: a row is of the first shape that recognises it.</summary>
public static class KnownRowShapes
{
    /// <summary>All shapes.</summary>
    public static IReadOnlyList<IRowShape> All { get; } =
    [
        new MessagesShape(),
        new ShareGptShape(),
        new AlpacaShape(),
        new PromptCompletionShape(),
        new TextShape(),
    ];

    /// <summary>The shape that the options name, or that most of the given rows have.</summary>
    /// <param name="rows">The first rows of a file; rows that could not be read and rows that are no objects do not count.</param>
    /// <param name="columns">What the user said about shape and columns.</param>
    /// <exception cref="DataException">No such shape, or none that fits.</exception>
    public static IRowShape Of(IReadOnlyList<DataRow> rows, ColumnOptions columns)
    {
        if (columns.Shape is { } key)
        {
            return All.FirstOrDefault(shape => shape.Key == key)
                ?? throw new DataException($"shape '{key}' is not known; there are {string.Join(", ", All.Select(shape => shape.Key))}.");
        }

        IRowShape[] mapped = [.. All.Where(shape => shape.IsMapped(columns))];
        DataRow[] objects = [.. rows.Where(row => row.Error is null && row.Value.ValueKind == JsonValueKind.Object)];
        IRowShape[] candidates = mapped.Length > 0 ? mapped : [.. All];

        // With its columns named by the user a shape is certain, and its own errors say best what is wrong with the rows.
        return candidates.Length == 1
            ? candidates[0]
            : candidates.Where(shape => Recognised(shape) > 0).MaxBy(Recognised) ?? throw Unknown(rows, objects);

        int Recognised(IRowShape shape) => objects.Count(row => shape.Recognises(row.Value, columns));
    }

    private static DataException Unknown(IReadOnlyList<DataRow> rows, DataRow[] objects)
    {
        if (objects.Length == 0)
        {
            DataRow row = rows[0];
            return row.Error ?? row.Wrong($"expected an object with columns, found {RowColumns.Kind(row.Value)}");
        }

        JsonProperty[] found = [.. objects[0].Value.EnumerateObject().Take(20)];
        string columns = string.Join(", ", found.Select(column => $"{column.Name} ({RowColumns.Kind(column.Value)})"));
        return objects[0].Wrong(
            $"the rows have no shape that is known. Columns found: {columns}{DelimiterHint.Of([.. found.Select(column => column.Name)])}. Shapes: {string.Join("; ", All.Select(shape => $"{shape.Key} ({shape.Columns})"))}. "
            + "Name the columns, for example text_column: NAME, or prompt_column: NAME and completion_column: NAME");
    }
}
