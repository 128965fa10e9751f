using System.Text.Json;
using Attune.Testing;

namespace Attune.Inference.Tests;

/// <summary>The generations of the reference values.</summary>
internal static class GoldenSearches
{
    /// <summary>The cases of a kind that have some, on every backend.</summary>
    public static TheoryData<string, string> Cases(string kind, string key)
    {
        var rows = new TheoryData<string, string>();
        foreach (string name in Goldens.Folders($"families/{kind}").Select(row => row.Data).Where(name => name == Goldens.None || Has(kind, name, key)))
        {
            foreach (string backend in TestBackends.Names.Select(row => row.Data))
            {
                rows.Add(name, backend);
            }
        }

        return rows;
    }

    /// <summary>The rows of a padded batch without their padding.</summary>
    public static int[][] Prompts(JsonElement batch) =>
    [
        .. batch.GetProperty("input_ids").EnumerateArray().Zip(
            batch.GetProperty("attention_mask").EnumerateArray(),
            static (ids, mask) => ids.Ints().Zip(mask.Ints()).Where(pair => pair.Second == 1).Select(pair => pair.First).ToArray()),
    ];

    /// <summary>A row up to its first end; behind it the reference fills.</summary>
    public static int[] UpToEnd(int[] row, GenerationOptions options)
    {
        int end = Array.FindIndex(row, id => options.EosTokenIds.Contains(id));
        return end < 0 ? row : row[..(end + 1)];
    }

    private static bool Has(string kind, string name, string key)
    {
        using JsonDocument golden = GoldenArrays.Json(Path.Combine(Goldens.Root, "families", kind, name, "case.json"));
        return golden.RootElement.TryGetProperty(key, out _);
    }
}
