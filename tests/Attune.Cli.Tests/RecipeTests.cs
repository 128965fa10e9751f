using Attune.Testing;

namespace Attune.Cli.Tests;

/// <summary>The recipes that the project comes with.</summary>
public sealed class RecipeTests
{
    public static TheoryData<string> Recipes =>
        [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "recipes"), "*.yaml").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Every_recipe_runs_two_steps(string name)
    {
        using var folder = new TemporaryFolder();
        string model = TinyModel.Write(folder["model"]);
        string data = TinyModel.WriteChats(folder["chats.jsonl"]);
        ToolResult result = Tool.Process(
            "train", Path.Combine(Repository.Root, "recipes", name), "--model", model, "--data", Data(name, folder, data), "--output", folder["run"], "--max-steps", "2",
            "--max-length", "96", "--threads", "1", "--json").Succeeded();
        Assert.Equal(2, (int)result.Json["steps"]!);
    }

    private static string Data(string recipe, TemporaryFolder folder, string chats) =>
        recipe.StartsWith("text", StringComparison.Ordinal)
            ? folder.Write("text.txt", string.Concat(Enumerable.Range(0, 40).Select(i => $"The river number {i} runs to the sea, and the sea is not full.\n\n")))
            : chats;
}
