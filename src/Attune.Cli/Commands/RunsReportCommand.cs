using System.Text.Json.Nodes;
using Attune.Cli.Options;
using Attune.Cli.Runs.Report;

namespace Attune.Cli.Commands;

/// <summary><c>attune runs report</c>.</summary>
internal sealed class RunsReportCommand : ToolCommand
{
    public override string Name => "runs report";

    public override string Summary => "Write report.html of a run: its course, samples, data, cost and origin on one page.";

    public override IReadOnlyList<string> Remarks => ["A run writes it at its end; this makes it again, also while the run goes on. The page needs no network."];

    public override IReadOnlyList<string> Examples => ["attune runs report runs/quotes"];

    public override IReadOnlyList<string> Operands => ["run"];

    public override IReadOnlyList<string> JsonFields => ["run", "report"];

    protected override OptionsSchema CreateSchema() => new OptionsSchema().Add<OneRunOptions>("Run");

    public override JsonObject Run(CommandContext context)
    {
        string run = CommandContext.Require(context.Values.Build<OneRunOptions>().Run, "run", "the folder of a run");
        string path = RunReport.Write(run);
        context.Terminal.Result(path);
        return new JsonObject { ["run"] = run, ["report"] = path };
    }
}
