using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Cli.Tests.Options;

public sealed class RecipeSchemaTests
{
    [Fact]
    public void The_file_in_the_repository_is_the_present_one() =>
        Assert.Equal(Tool.Run("schema").Succeeded().Output, File.ReadAllText(Path.Combine(Repository.Root, "recipes", "recipe.schema.json")));

    [Theory]
    [InlineData("train")]
    [InlineData("pretrain")]
    public void Describes_every_key_with_its_type_and_meaning(string command)
    {
        JsonObject properties = Tool.Run("schema", command, "--json").Succeeded().Json["properties"]!.AsObject();
        Assert.True(properties.Count > 50);
        Assert.All(properties, property =>
        {
            Assert.True(property.Value!["type"] is not null || property.Value["anyOf"] is not null, property.Key);
            Assert.NotEmpty((string)property.Value["description"]!);
        });
        Assert.DoesNotContain(properties, property => property.Key is "json" or "quiet" or "recipe");
    }

    [Fact]
    public void Says_types_and_defaults()
    {
        JsonObject properties = Tool.Run("schema", "--json").Succeeded().Json["properties"]!.AsObject();
        Assert.Equal("integer", (string)properties["seed"]!["type"]!);
        Assert.Equal(42, (int)properties["seed"]!["default"]!);
        Assert.Equal("number", (string)properties["learning_rate"]!["type"]!);
        Assert.Equal("array", (string)properties["target_modules"]!["anyOf"]![1]!["type"]!);
        Assert.Equal("object", (string)properties["rank_pattern"]!["anyOf"]![0]!["type"]!);
    }

    [Fact]
    public void Recipes_name_the_schema()
    {
        foreach (string recipe in Directory.EnumerateFiles(Path.Combine(Repository.Root, "recipes"), "*.yaml"))
        {
            Assert.StartsWith("# yaml-language-server: $schema=recipe.schema.json\n", File.ReadAllText(recipe), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_unknown_command_is_refused() =>
        Assert.Contains("expected train or pretrain, found 'bake'", Tool.Run("schema", "bake").Error, StringComparison.Ordinal);
}
