using System.Text.Json;
using Attune.Formats;

namespace Attune.Cli.Training;

/// <summary>Records as JSON lines with snake_case names, as the logs of a run hold them.</summary>
internal static class LogLines
{
    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The line of a record.</summary>
    public static string Of<T>(T entry) => JsonSerializer.Serialize(entry, SnakeCase);

    /// <summary>The records of a file, none where there is no file; a line that a crash cut in half, and what stands behind it, is left out.</summary>
    public static IReadOnlyList<T> Read<T>(string path)
    {
        var entries = new List<T>();
        foreach (string line in File.Exists(path) ? File.ReadLines(path) : [])
        {
            try
            {
                entries.Add(JsonSerializer.Deserialize<T>(line, SnakeCase) ?? throw new JsonException());
            }
            catch (JsonException)
            {
                break;
            }
        }

        return entries;
    }

    /// <summary>Writes a file of records, complete or not at all.</summary>
    public static void Write<T>(string path, IEnumerable<T> entries) => AtomicFile.WriteAllText(path, string.Concat(entries.Select(entry => Of(entry) + "\n")));
}
