namespace Attune.Data;

/// <summary>How data files are read.</summary>
public sealed record DataFileOptions
{
    /// <summary>The files' format: <c>jsonl</c>, <c>json</c>, <c>csv</c>, <c>tsv</c>, <c>txt</c>, <c>arrow</c> or <c>parquet</c>. Default: from each file's extension.</summary>
    public string? Format { get; init; }

    /// <summary>Encoding of csv, tsv and txt files: <c>utf-8</c> (default) or <c>latin-1</c>. JSON is always UTF-8.</summary>
    public string Encoding { get; init; } = "utf-8";

    /// <summary>One ASCII character between the fields of csv and tsv files. Default: a comma in csv, a tab in tsv.</summary>
    public string? Delimiter { get; init; }

    /// <summary>Whether double quotes enclose fields in csv and tsv files: <c>minimal</c> (default) or <c>none</c> (a quote is a character like any other).</summary>
    public string Quoting { get; init; } = "minimal";

    /// <summary>Names of the columns of csv and tsv files that have no header line. Default: the first line is the header.</summary>
    public string[]? ColumnNames { get; init; }

    /// <summary>The key that holds the rows in a json file whose outermost value is an object; <c>*</c> makes a row of the value of every key. Default: the file is an array of rows.</summary>
    public string? Field { get; init; }

    /// <summary>What makes a row of a txt file: <c>line</c> (default), <c>paragraph</c> (blank lines between) or <c>document</c> (the whole file).</summary>
    public string SampleBy { get; init; } = "line";

    /// <summary>What to do with a row that cannot be used: <c>error</c> (default: stop) or <c>skip</c> (count and report it).</summary>
    public string OnBadRows { get; init; } = "error";

    /// <summary>With <c>on_bad_rows: skip</c>, the most rows that may be skipped before it is an error. Default 100; at least 0.</summary>
    public int MaxBadRows { get; init; } = 100;

    /// <summary>The largest row in bytes; a longer one is a bad row. Default 16 MiB; from 1 KiB to 1 GiB.</summary>
    public int MaxRowBytes { get; init; } = 16 << 20;

    /// <summary>Rows to read at most, over all files. Default: all; at least 1.</summary>
    public long? MaxRows { get; init; }

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="DataException">A value is out of its range.</exception>
    public void Validate()
    {
        Check.OneOf(Encoding, "encoding", "utf-8", "latin-1");
        Check.OneOf(Quoting, "quoting", "minimal", "none");
        Check.OneOf(SampleBy, "sample_by", "line", "paragraph", "document");
        Check.OneOf(OnBadRows, "on_bad_rows", "error", "skip");
        Check.Range(MaxBadRows, "max_bad_rows", 0, int.MaxValue);
        Check.Range(MaxRowBytes, "max_row_bytes", 1 << 10, 1 << 30);
        Check.Range(MaxRows ?? 1, "max_rows", 1, long.MaxValue);
        if (Delimiter is not null && (Delimiter.Length != 1 || !char.IsAscii(Delimiter[0]) || Delimiter[0] is '"' or '\r' or '\n' or '\0'))
        {
            throw new DataException($"delimiter must be one ASCII character that is no quote and no line break; it is '{Delimiter}'.");
        }
    }
}
