using System.Text.Json.Nodes;

namespace Attune.Cli.Tests;

public sealed class JsonTextTests
{
    private static readonly JsonObject Value = new() { ["x"] = "é 日本 😀 \" \\ \u0001 \u00a0", ["y"] = new JsonArray(1, null) };

    [Fact]
    public void Letters_stand_for_themselves() => Assert.Equal("{\"x\":\"é 日本 😀 \\\" \\\\ \\u0001 \u00a0\",\"y\":[1,null]}", JsonText.Line(Value));

    [Fact]
    public void Many_lines_say_the_same() => Assert.True(JsonNode.DeepEquals(Value, JsonNode.Parse(JsonText.Indented(Value))));
}
