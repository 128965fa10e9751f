using System.Text.Json;

namespace Attune.Formats;

/// <summary>Reads small JSON files with limits, giving typed errors.</summary>
internal static class JsonFile
{
    private const int MaxDepth = 64;

    public static JsonDocument Parse(string path, long limitBytes)
    {
        byte[] bytes = ReadableFile.ReadAll(path, limitBytes);
        ReadOnlyMemory<byte> text = bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes.AsMemory(3) : bytes;
        try
        {
            return JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ModelFileException($"file: {path}: not valid JSON: {e.Message}", e);
        }
    }
}
