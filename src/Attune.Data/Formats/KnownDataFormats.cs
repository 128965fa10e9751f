using Attune.Data.Formats.Arrow;
using Attune.Data.Formats.Parquet;
using Attune.Data.Rows;

namespace Attune.Data.Formats;

/// <summary>The data formats that Attune reads.</summary>
public static class KnownDataFormats
{
    /// <summary>All formats.</summary>
    public static IReadOnlyList<IDataFormat> All { get; } =
    [
        new JsonLinesFormat(),
        new JsonFormat(),
        new CsvFormat(),
        new TsvFormat(),
        new TextFormat(),
        new ArrowFormat(),
        new ParquetFormat(),
    ];

    /// <summary>The format of a file: the one asked for, else the one that its extension names (before <c>.gz</c>).</summary>
    /// <exception cref="DataException">No such format, or an extension that names none.</exception>
    public static IDataFormat Of(DataFile file, string? key)
    {
        if (key is not null)
        {
            return All.FirstOrDefault(format => format.Key == key)
                ?? throw new DataException($"format '{key}' is not known; there are {string.Join(", ", All.Select(format => format.Key))}.");
        }

        return All.FirstOrDefault(format => format.Extensions.Contains(file.ContentExtension))
            ?? throw new DataException(
                $"{file.Name}: the extension '{file.ContentExtension}' names no data format; known are "
                + $"{string.Join(" ", All.SelectMany(format => format.Extensions))} (also with .gz). Say which it is with format.");
    }
}
