using System.Text.Json.Nodes;

namespace Attune.Cli.Commands;

/// <summary>What the commands of <c>attune data</c> share: how far they are, and how their reports are told.</summary>
internal static class DataWork
{
    /// <summary>Shows how many rows were read.</summary>
    public static Action<long> Progress(CommandContext context) => rows => context.Terminal.Live(FormattableString.Invariant($"{rows:N0} rows"));

    /// <summary>Prints where the rows went and what became of them, and gives the same as JSON.</summary>
    public static JsonObject Tell(CommandContext context, string output, Data.Processing.RowsReport report)
    {
        JsonObject json = Tell(context, $"{output}\n{report}", report.ToJson());
        json.Insert(0, "output", output);
        return json;
    }

    /// <summary>Prints a report, and gives its JSON with the memory that the command took.</summary>
    public static JsonObject Tell(CommandContext context, string text, string json)
    {
        context.Terminal.Result(text);
        JsonObject result = JsonNode.Parse(json)!.AsObject();
        result["peak_rss_bytes"] = Memory.PeakBytes();
        return result;
    }
}
