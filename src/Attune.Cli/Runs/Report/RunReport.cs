using System.Globalization;
using System.Net;
using System.Text;
using Attune.Cli.Training;
using Attune.Formats;
using Attune.Training;

namespace Attune.Cli.Runs.Report;

/// <summary>Makes <c>report.html</c> of a run from what stands in its folder: one page that needs nothing else, not even a network.</summary>
internal static class RunReport
{
    public const string FileName = "report.html";

    /// <summary>Writes the report into the run's folder.</summary>
    /// <returns>Its path.</returns>
    public static string Write(string folder)
    {
        string path = Path.Combine(folder, FileName);
        AtomicFile.WriteAllText(path, Make(RunFolder.Open(folder)));
        return path;
    }

    /// <summary>The page.</summary>
    public static string Make(RunFolder run)
    {
        IReadOnlyList<TimingEntry> timing = TimingLog.Read(run.Path);
        string name = Encode(Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(run.Path))));
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{name} - attune</title>\n<style>\n{ReportStyle.Css}\n</style></head><body><main>\n");
        page.Append(CultureInfo.InvariantCulture, $"<h1>{name}</h1><div class=\"soft\"><span class=\"status{(run.Manifest.End is null ? " open" : "")}\">{Encode(run.Status.Replace('_', ' '))}</span>, begun {run.Manifest.Created:yyyy-MM-dd HH:mm} UTC, attune {Encode(run.Manifest.Code.Version)}, {Encode(run.Manifest.Tier)}</div>\n");
        page.Append(Tiles(run, timing));
        page.Append("<h2>Course</h2>\n<div class=\"charts\">\n").Append(Charts(run.Log, timing)).Append("</div>\n");
        page.Append(ReportSections.Samples(RunSamples.Read(run.Path)));
        page.Append(ReportSections.Data(run.Path));
        page.Append(ReportSections.Cost(run, timing));
        page.Append(ReportSections.Origin(run.Manifest));
        return page.Append("</main></body></html>\n").ToString();
    }

    /// <summary>Text as HTML shows it.</summary>
    public static string Encode(string? text) => WebUtility.HtmlEncode(text ?? "");

    private static string Tiles(RunFolder run, IReadOnlyList<TimingEntry> timing)
    {
        double[] held = [.. run.Log.Where(entry => entry.EvalLoss is not null).Select(entry => entry.EvalLoss!.Value)];
        double seconds = timing.Sum(entry => entry.Seconds);
        var tiles = new List<(string Name, string Value)>
        {
            ("steps", run.Steps.ToString("N0", CultureInfo.InvariantCulture)),
            ("train loss, mean of all steps", Number(run.TrainLoss)),
        };
        if (run.EvalLoss is { } loss)
        {
            tiles.Add((held.Length > 1 ? $"held-out loss, first {Number(held[0])}" : "held-out loss", Number(loss)));
        }

        tiles.Add(("tokens per second", seconds > 0 ? (timing.Sum(entry => entry.Tokens) / seconds).ToString("N0", CultureInfo.InvariantCulture) : "-"));
        tiles.Add(("time in steps", Sizes.Text(TimeSpan.FromSeconds(seconds))));
        tiles.Add(("peak memory", timing.Count > 0 ? Sizes.Text(timing.Max(entry => entry.RssBytes)) : "-"));
        return $"<div class=\"tiles\">{string.Concat(tiles.Select(tile => $"<div class=\"tile\"><b>{Encode(tile.Value)}</b><span>{Encode(tile.Name)}</span></div>"))}</div>\n";
    }

    private static string Charts(IReadOnlyList<LogEntry> log, IReadOnlyList<TimingEntry> timing)
    {
        (double X, double Y)[] train = Points(log, entry => entry.Loss);
        return Chart.Draw(
                "loss over steps", "0.###",
                new ChartLine("each entry", "faint", train), new ChartLine("training", "a", Chart.Smooth(train)), new ChartLine("held out", "b", Points(log, entry => entry.EvalLoss), Dots: true))
            + Chart.Draw("learning rate", "0.##e+0", new ChartLine("learning rate", "a", Points(log, entry => entry.LearningRate)))
            + Chart.Draw("gradient norm, before it is cut", "0.###", new ChartLine("gradient norm", "a", Points(log, entry => entry.GradNorm)))
            + Chart.Draw("tokens per second", "N0", new ChartLine("tokens per second", "a", [.. timing.Where(entry => entry.Seconds > 0).Select(entry => ((double)entry.Step, entry.Tokens / entry.Seconds))]));
    }

    private static (double X, double Y)[] Points(IReadOnlyList<LogEntry> log, Func<LogEntry, double?> value) =>
        [.. log.Where(entry => value(entry) is not null).Select(entry => ((double)entry.Step, value(entry)!.Value))];

    private static string Number(double? value) => value?.ToString("F4", CultureInfo.InvariantCulture) ?? "-";
}
