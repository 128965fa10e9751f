using System.Text.Json.Nodes;
using Attune.Data;

namespace Attune.Cli.Commands;

/// <summary>Groups of rows as JSON.</summary>
internal static class RowGroupsJson
{
    /// <summary>An array of reason, number of rows and the places of the first.</summary>
    public static JsonArray Of(IEnumerable<RowGroup> groups) => new([.. groups.Select(group => (JsonNode)new JsonObject
    {
        ["reason"] = group.Reason,
        ["rows"] = group.Rows,
        ["first"] = new JsonArray([.. group.First.Select(place => (JsonNode)new JsonObject { ["file"] = place.File, ["line"] = place.Line })]),
    })]);
}
