using System.Text.Json;
using Attune.Data.Rows;

namespace Attune.Data.Formats;

/// <summary>Strict JSON from bytes, with the errors of rows.</summary>
internal static class JsonRow
{
    public const string NotJson = "not valid JSON";

    /// <summary>Deeper values than this are refused; no data set nests so deep, and readers recurse.</summary>
    public const int MaxDepth = 256;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = MaxDepth };

    public static DataRow Parse(string file, long line, ReadOnlySpan<byte> bytes)
    {
        if (Utf8Check.Find(bytes) is { } wrong)
        {
            return DataRow.Bad(file, line, Utf8Check.Reason, wrong);
        }

        try
        {
            return new DataRow(file, line, JsonElement.Parse(bytes, Options));
        }
        catch (JsonException e)
        {
            return DataRow.Bad(file, line, NotJson, Describe(e), e);
        }
    }

    /// <summary>The parser's message, with its column counted from 1 and without its line, which is that of the row.</summary>
    public static string Describe(JsonException e)
    {
        int place = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        string message = (place < 0 ? e.Message : e.Message[..place]).TrimEnd('.');
        return e.BytePositionInLine is { } column ? $"{message}, byte {column + 1}" : message;
    }
}
