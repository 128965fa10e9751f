using System.Text.Json;
using Attune.Testing;

namespace Attune.Data.Tests.Formats;

/// <summary>The cases of a folder that lists them in <c>cases.json</c>.</summary>
internal static class GoldenCases
{
    public static TheoryData<string> Files(string folder)
    {
        var rows = new TheoryData<string>();
        if (!File.Exists(Path.Combine(Goldens.Root, folder, "cases.json")))
        {
            rows.Add(Goldens.None);
            return rows;
        }

        foreach (JsonElement item in Root(folder).GetProperty("cases").EnumerateArray())
        {
            rows.Add(item.GetProperty("file").GetString()!);
        }

        return rows;
    }

    public static JsonElement Case(string folder, string file) =>
        Root(folder).GetProperty("cases").EnumerateArray().Single(item => item.GetProperty("file").GetString() == file);

    private static JsonElement Root(string folder) => JsonElement.Parse(
        File.ReadAllBytes(Path.Combine(Goldens.Root, folder, "cases.json")), new JsonDocumentOptions { MaxDepth = 512 });
}
