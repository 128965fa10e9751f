using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Cli.Training;
using Attune.Training.Checkpoints;
using Attune.Training.Runs;

namespace Attune.Cli.Runs.Report;

/// <summary>The parts of a report below its charts.</summary>
internal static class ReportSections
{
    /// <summary>Answers before and after.</summary>
    public static string Samples(IReadOnlyList<RunSample> samples)
    {
        if (samples.Count == 0)
        {
            return string.Empty;
        }

        var html = new StringBuilder("<h2>Samples, from held-out rows</h2>\n<div class=\"card\">\n");
        foreach (RunSample sample in samples)
        {
            html.Append("<div class=\"sample\">");
            foreach ((string name, string? text) in new[] { ("prompt", sample.Prompt), ("expected", sample.Expected), ("before", sample.Before), ("after", sample.After) })
            {
                html.Append(CultureInfo.InvariantCulture, $"<div><span>{name}</span><pre>{RunReport.Encode(text ?? "(not yet)")}</pre></div>");
            }

            html.Append("</div>\n");
        }

        return html.Append("</div>\n").ToString();
    }

    /// <summary>What became of the rows.</summary>
    public static string Data(string folder)
    {
        string path = Path.Combine(folder, RunRecord.DataReportName);
        JsonNode? report;
        try
        {
            report = File.Exists(path) ? JsonNode.Parse(File.ReadAllBytes(path)) : null;
        }
        catch (JsonException)
        {
            return string.Empty;
        }

        if (report is not JsonObject rows)
        {
            return string.Empty;
        }

        var html = new StringBuilder("<h2>Data</h2>\n<div class=\"card\"><table>\n");
        foreach (JsonNode? file in rows["files"] as JsonArray ?? [])
        {
            html.Append(Row(Text(file?["file"]), $"{Text(file?["rows_read"])} rows ({Text(file?["format"])}, {Text(file?["shape"])}), {Text(file?["rows_kept"])} kept"));
        }

        html.Append(Row("tokens", $"{Text(rows["tokens"])}, {Text(rows["trained_tokens"])} of them trained; the longest row has {Text(rows["longest_row_tokens"])}"));
        foreach (JsonNode? group in rows["skipped"] as JsonArray ?? [])
        {
            html.Append(Row("skipped", $"{Text(group?["rows"])}: {Text(group?["reason"])}"));
        }

        if (rows["cut"] is JsonObject cut)
        {
            html.Append(Row("cut", $"{Text(cut["rows"])}: {Text(cut["reason"])}"));
        }

        return html.Append("</table></div>\n").ToString();
    }

    /// <summary>Time, tokens, memory, and what the run kept.</summary>
    public static string Cost(RunFolder run, IReadOnlyList<TimingEntry> timing)
    {
        if (timing.Count == 0)
        {
            return string.Empty;
        }

        double seconds = timing.Sum(entry => entry.Seconds);
        long tokens = timing.Sum(entry => entry.Tokens);
        int steps = timing.Sum(entry => entry.Steps);
        return "<h2>Cost</h2>\n<div class=\"card\"><table>\n"
            + Row("time in steps", FormattableString.Invariant($"{Sizes.Text(TimeSpan.FromSeconds(seconds))}, {seconds / Math.Max(1, steps):0.000} s a step; without loading, evaluations and saving"))
            + Row("from first to last entry", Sizes.Text(timing[^1].Time - timing[0].Time))
            + Row("tokens", FormattableString.Invariant($"{tokens:N0}, {tokens / Math.Max(seconds, 1e-9):N0} a second"))
            + Row("peak memory of the process", Sizes.Text(timing.Max(entry => entry.RssBytes)))
            + Row("checkpoints kept", run.Checkpoints.Count == 0 ? "none" : string.Join(", ", run.Checkpoints.Select(step => FormattableString.Invariant($"{step} ({Sizes.Text(SizeOf(CheckpointFolders.PathOf(run.Path, step)))})"))))
            + "</table></div>\n";
    }

    /// <summary>What the run was made from.</summary>
    public static string Origin(RunManifest manifest)
    {
        var html = new StringBuilder("<h2>Made from</h2>\n<div class=\"card\"><table>\n");
        html.Append(Row("code", $"attune {manifest.Code}"));
        html.Append(Row("machine", $"{manifest.Host.Processor ?? manifest.Host.Architecture}, {manifest.Host.Processors} processors, {Sizes.Text(manifest.Host.MemoryBytes)}, {manifest.Host.System}, {manifest.Host.Dotnet}"));
        html.Append(Row("seeds", string.Join(", ", manifest.Seeds.Select(seed => $"{seed.Key} {seed.Value}"))));
        foreach (RunResumption resumed in manifest.Resumed)
        {
            string changes = resumed.Changes.Count == 0 ? "nothing had changed" : string.Join("; ", resumed.Changes);
            html.Append(Row("gone on", FormattableString.Invariant($"{resumed.Time:yyyy-MM-dd HH:mm} UTC behind step {resumed.FirstStep:N0}: {changes}")));
        }

        html.Append("</table></div>\n");
        html.Append("<details class=\"card\"><summary>Files and their SHA-256</summary><table>\n");
        foreach ((string part, IReadOnlyList<RunFile> files) in new[] { ("model", manifest.Model), ("data", manifest.Data), ("held-out data", manifest.EvalData), ("result", manifest.End?.Files ?? []) })
        {
            foreach (RunFile file in files)
            {
                html.Append(CultureInfo.InvariantCulture, $"<tr><th>{part}</th><td>{RunReport.Encode(file.Path)}</td><td class=\"number\">{Sizes.Text(file.Bytes)}</td><td><code>{RunReport.Encode(file.Sha256)}</code></td></tr>\n");
            }
        }

        html.Append("</table></details>\n<details class=\"card\"><summary>Recipe</summary><table>\n");
        foreach ((string key, JsonNode? value) in manifest.Recipe)
        {
            html.Append(CultureInfo.InvariantCulture, $"<tr><th>{RunReport.Encode(key)}</th><td><code>{RunReport.Encode(value?.ToJsonString())}</code></td></tr>\n");
        }

        return html.Append("</table></details>\n").ToString();
    }

    private static string Row(string name, string value) => $"<tr><th>{RunReport.Encode(name)}</th><td>{RunReport.Encode(value)}</td></tr>\n";

    private static string Text(JsonNode? value) => value is JsonValue number && number.TryGetValue(out long count) ? count.ToString("N0", CultureInfo.InvariantCulture) : value?.ToString() ?? "-";

    private static long SizeOf(string folder) => Directory.Exists(folder) ? Directory.EnumerateFiles(folder).Sum(file => new FileInfo(file).Length) : 0;
}
