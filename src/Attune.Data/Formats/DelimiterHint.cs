namespace Attune.Data.Formats;

/// <summary>A file whose fields are not separated by what is expected has one column, whose name shows what separates them.</summary>
internal static class DelimiterHint
{
    /// <summary>What to add to a sentence about a file with these columns; empty when they show nothing.</summary>
    public static string Of(IReadOnlyList<string> columns) => columns is not [var only] ? string.Empty
        : only.Contains('\t', StringComparison.Ordinal) ? ". Are fields separated by tabs? Then say format: tsv"
        : only.FirstOrDefault(c => c is ';' or '|' or ',') is var mark and not '\0' ? $". Are fields separated by '{mark}'? Then say delimiter: '{mark}'"
        : string.Empty;
}
