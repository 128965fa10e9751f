using System.Text.Json;
using Attune.Data.Rows;

namespace Attune.Data.Formats;

/// <summary>JSON: an array of rows, or an object that holds one (see <see cref="DataFileOptions.Field"/>); a file of JSON lines named <c>.json</c> is read as such.</summary>
public sealed class JsonFormat : IDataFormat
{
    /// <inheritdoc/>
    public string Key => "json";

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; } = [".json"];

    /// <inheritdoc/>
    public IEnumerable<DataRow> Read(DataFile file, DataFileOptions options)
    {
        using var reader = new JsonRowReader(file, options.MaxRowBytes);
        byte first = reader.FirstByte();
        if (first == (byte)'{' && options.Field is null && IsJsonLines(file, options))
        {
            return new JsonLinesFormat().Read(file, options);
        }

        return first switch
        {
            0 => throw new DataException($"{file.Name}: the file is empty; expected a JSON array of rows."),
            (byte)'[' when options.Field is null => Rows(file, options),
            (byte)'[' => throw new DataException($"{file.Name}: the outermost value is an array, so it has no field '{options.Field}'; leave field out."),
            (byte)'{' when options.Field is not null => Rows(file, options),
            (byte)'{' => throw new DataException(
                $"{file.Name}: expected an array of rows, found an object; name the key that holds the rows with field, or say field: '*' if every value is a row."),
            _ => throw new DataException($"{file.Name}: expected a JSON array of rows; the file begins with byte 0x{first:X2}{Utf8Check.Kind(reader.Window)}."),
        };
    }

    private static IEnumerable<DataRow> Rows(DataFile file, DataFileOptions options)
    {
        using var reader = new JsonRowReader(file, options.MaxRowBytes);
        reader.FirstByte();
        reader.Token();
        bool everyValue = options.Field == "*";
        if (options.Field is not null && !everyValue)
        {
            FindArray(reader, file, options.Field);
        }

        while (!everyValue || reader.Token().Type != JsonTokenType.EndObject)
        {
            if (reader.Row() is not { } row)
            {
                break;
            }

            yield return row;
        }

        if (options.Field is null || everyValue)
        {
            reader.End();
        }
    }

    private static void FindArray(JsonRowReader reader, DataFile file, string field)
    {
        while (true)
        {
            (JsonTokenType type, bool isName) = reader.Token(field);
            if (type == JsonTokenType.EndObject)
            {
                throw new DataException($"{file.Name}: the outermost object has no field '{field}'.");
            }

            if (!isName)
            {
                reader.Skip();
            }
            else if (reader.Token().Type is var found && found != JsonTokenType.StartArray)
            {
                throw new DataException($"{file.Name}: field '{field}' must be an array of rows; found {found}.");
            }
            else
            {
                return;
            }
        }
    }

    private static bool IsJsonLines(DataFile file, DataFileOptions options)
    {
        using var lines = new LineReader(file, options.MaxRowBytes);
        while (lines.Next())
        {
            if (lines.Line.ContainsAnyExcept(" \t\r"u8))
            {
                return JsonRow.Parse(file.Name, lines.Number, lines.Line).Error is null;
            }
        }

        return false;
    }
}
