using System.Text.Json;
using Attune.Data.Batching;
using Attune.Testing;

namespace Attune.Data.Tests.Batching;

/// <summary>Packs of rows as the reference fills them.</summary>
[Trait("Category", "Golden")]
public sealed class PackingGoldenTests
{
    [Theory]
    [InlineData("ffd", "first_fit_decreasing")]
    [InlineData("bfd", "best_fit_decreasing")]
    public void Packs_are_those_of_the_reference(string key, string name) =>
        Assert.All(JsonElement.Parse(File.ReadAllBytes(Goldens.Require("text", "data", "chunking.json"))).GetProperty("packing").EnumerateArray(), item =>
        {
            int[] lengths = Numbers(item.GetProperty("lengths"));
            int[][] expected = [.. item.GetProperty(name).EnumerateArray().Select(Numbers)];
            Assert.Equal(expected, KnownPackingStrategies.Of(key).Pack(lengths, item.GetProperty("capacity").GetInt32()));
        });

    private static int[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(number => number.GetInt32())];
}
