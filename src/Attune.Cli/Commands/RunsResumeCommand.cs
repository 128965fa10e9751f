using System.Text.Json.Nodes;
using Attune.Cli.Options;
using Attune.Cli.Runs;

namespace Attune.Cli.Commands;

/// <summary>Settings of <c>attune runs resume</c>.</summary>
internal sealed record RunsResumeOptions
{
    /// <summary>The run's folder. Has to be given.</summary>
    public string? Run { get; init; }

    /// <summary>Go on though data, settings or the instruction tier changed since the run was begun. Default: false.</summary>
    public bool AcceptChanges { get; init; }
}

/// <summary><c>attune runs resume</c>.</summary>
internal sealed class RunsResumeCommand : ToolCommand
{
    public override string Name => "runs resume";

    public override string Summary => "Go on with an interrupted run from its last good checkpoint.";

    public override IReadOnlyList<string> Remarks => ["The same as the run's own command with its recipe and --resume auto; the run may have been moved to another folder."];

    public override IReadOnlyList<string> Examples => ["attune runs resume runs/quotes"];

    public override IReadOnlyList<string> Operands => ["run"];

    public override IReadOnlyList<string> JsonFields => TrainCommand.ResultFields;

    protected override OptionsSchema CreateSchema() => new OptionsSchema().Add<RunsResumeOptions>("Run");

    public override JsonObject Run(CommandContext context)
    {
        RunsResumeOptions options = context.Values.Build<RunsResumeOptions>();
        RunFolder run = RunFolder.Open(options.Run);
        (ToolCommand command, OptionValues values) = Replay.Prepare(context, run);
        values.Set("output", run.Path);
        values.Set("resume", "auto");
        values.Set("accept_changes", options.AcceptChanges);
        return command.Run(context with { Values = values });
    }
}
