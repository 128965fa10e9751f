using System.Text.Json;

namespace Attune.Cli.Models;

/// <summary>A file of prompts: one in each line, or JSON Lines with a field <c>prompt</c> where the name ends in .jsonl.</summary>
internal static class PromptFile
{
    private const long MaxBytes = 1L << 28;

    /// <summary>The prompts in the order of the file; empty lines are left out.</summary>
    /// <exception cref="UsageException">There is no such file, it is too large, or a line is not as it must be.</exception>
    public static string[] Read(string path)
    {
        if (!File.Exists(path) || new FileInfo(path).Length > MaxBytes)
        {
            throw new UsageException($"prompts: {path}: expected a file of prompts of at most {MaxBytes >> 20} MiB, found {(File.Exists(path) ? "a larger one" : "nothing")}");
        }

        bool json = path.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase);
        string[] prompts =
        [
            .. File.ReadLines(path).Index().Where(line => !string.IsNullOrWhiteSpace(line.Item)).Select(line => json ? Parse(path, line.Index + 1, line.Item) : line.Item),
        ];
        return prompts.Length > 0 ? prompts : throw new UsageException($"prompts: {path}: expected a prompt in each line, found none");
    }

    private static string Parse(string path, int line, string text)
    {
        try
        {
            using JsonDocument row = JsonDocument.Parse(text);
            if (row.RootElement.ValueKind == JsonValueKind.Object && row.RootElement.TryGetProperty("prompt", out JsonElement prompt) && prompt.ValueKind == JsonValueKind.String)
            {
                return prompt.GetString()!;
            }
        }
        catch (JsonException error)
        {
            throw new UsageException($"prompts: {path}, line {line}: expected a JSON object, found something else ({error.Message})");
        }

        throw new UsageException($"prompts: {path}, line {line}: expected an object with a text \"prompt\", found none");
    }
}
