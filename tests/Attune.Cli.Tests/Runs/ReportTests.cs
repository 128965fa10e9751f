using System.Xml.Linq;

namespace Attune.Cli.Tests.Runs;

public sealed class ReportTests : IDisposable
{
    private readonly SmallRun _runs = new();

    [Fact]
    public void The_page_stands_alone_and_shows_course_samples_data_and_origin()
    {
        Tool.Run(_runs.Train("run <1>", "--val-set-size", "4", "--eval-strategy", "steps", "--eval-steps", "10", "--samples", "2")).Succeeded();
        string page = File.ReadAllText(Path.Combine(_runs["run <1>"], "report.html"));
        Assert.Contains("run &lt;1&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.Equal(4, page.Split("<svg").Length - 1);
        foreach (string part in new[] { "loss over steps", "learning rate", "gradient norm", "Samples", "expected", "Data", "Cost", "Made from", "learning_rate" })
        {
            Assert.Contains(part, page, StringComparison.Ordinal);
        }

        // All that is inside <body> closes what it opens.
        string body = page[page.IndexOf("<main>", StringComparison.Ordinal)..(page.IndexOf("</main>", StringComparison.Ordinal) + 7)];
        Assert.Equal(2, XElement.Parse(body).Descendants("div").Count(element => (string?)element.Attribute("class") == "sample"));
        Assert.Equal(2, File.ReadLines(Path.Combine(_runs["run <1>"], "samples.jsonl")).Count(line => line.Contains("\"after\":\"", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_run_without_a_single_entry_has_a_report_too()
    {
        Tool.Run(_runs.Train("run", "--max-steps", "1", "--logging-steps", "5")).Succeeded();
        File.Delete(Path.Combine(_runs["run"], "report.html"));
        Assert.True(File.Exists(Tool.Run("runs", "report", _runs["run"]).Succeeded().Output.Trim()));
        Assert.Equal(2, Tool.Run("runs", "report", _runs.Model).ExitCode);
    }

    public void Dispose() => _runs.Dispose();
}
