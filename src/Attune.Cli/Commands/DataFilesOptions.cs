using Attune.Cli.Models;
using Attune.Cli.Options;
using Attune.Data.Rows;
using Attune.Hub;

namespace Attune.Cli.Commands;

/// <summary>The files that <c>attune data</c> works on.</summary>
internal sealed record DataFilesOptions
{
    /// <summary>Data files: jsonl, json, csv, tsv or txt (also with .gz behind), parquet, arrow, a folder that the datasets library saved, or hf:org/name to fetch a data set from the hub. Has to be given; one file also without its name.</summary>
    [Place(HubKind.Dataset)]
    public IReadOnlyList<string> Data { get; init; } = [];

    /// <summary>The files.</summary>
    /// <exception cref="UsageException">There are none.</exception>
    public IReadOnlyList<DataFile> Files => Data.Count > 0 ? [.. Data.SelectMany(DataFile.At)] : throw new UsageException("--data is missing; give the data files");

    /// <summary>Checks a file to write: new, or to be replaced, and none of those that are read.</summary>
    /// <exception cref="UsageException">It must not be written.</exception>
    public string RequireOutput(string? output, bool force)
    {
        string path = CommandContext.Require(output, "output", "the file to write");
        OutputPath.RequireNoneOf(Data, path);
        OutputPath.RequireFree(path, force);
        return path;
    }
}

/// <summary>Where a command of <c>attune data</c> writes.</summary>
internal sealed record DataOutputOptions
{
    /// <summary>The file to write, as JSON lines; it appears complete or not at all. Has to be given.</summary>
    public string? Output { get; init; }

    /// <summary>Replace what is there already. Default: false.</summary>
    public bool Force { get; init; }
}
