using Attune.Data.Rows;

namespace Attune.Data.Formats;

/// <summary>A file format that rows are read from.</summary>
public interface IDataFormat
{
    /// <summary>The key users write in <c>format</c>, such as <c>jsonl</c>.</summary>
    string Key { get; }

    /// <summary>The file extensions that choose this format, with their dot, in lower case.</summary>
    IReadOnlyList<string> Extensions { get; }

    /// <summary>Streams the rows in file order; bad rows come as rows with an error, so that the caller decides.</summary>
    /// <exception cref="DataException">While enumerating: the file cannot be read on.</exception>
    IEnumerable<DataRow> Read(DataFile file, DataFileOptions options);
}
