using System.Text.Json.Nodes;
using Attune.Cli.Options;
using Attune.Cli.Quickstart;

namespace Attune.Cli.Commands;

/// <summary>Settings of <c>attune quickstart</c>.</summary>
internal sealed record QuickstartOptions
{
    /// <summary>Folder of the run. Default: runs/quickstart, or the first of runs/quickstart-2, -3 and so on that is free.</summary>
    public string? Output { get; init; }

    /// <summary>Optimiser steps of the run instead of those of the recipe. Range: 1 and up. Default: those of recipes/quickstart.yaml.</summary>
    public int? MaxSteps { get; init; }

    /// <summary>Held-out messages that are asked before and after. Range: 1 and up. Default: all.</summary>
    public int? Questions { get; init; }
}

/// <summary><c>attune quickstart</c>.</summary>
internal sealed class QuickstartCommand : ToolCommand
{
    public override string Name => "quickstart";

    public override string Summary => "Tune the model of this repository on its example task, in about a minute, and show what that changed.";

    public override IReadOnlyList<string> Remarks =>
    [
        "The task: read a customer's message and write the line that a help desk files it by. The model is asked held-out messages, which training never sees, before and after; a line counts "
        + "when every field of it is right. The settings are those of recipes/quickstart.yaml, the rows those of examples/tickets.",
    ];

    public override IReadOnlyList<string> Examples => ["attune quickstart", "attune quickstart --output runs/first --json"];

    public override IReadOnlyList<string> JsonFields =>
    [
        "eval_loss_before", "eval_loss_after", "score_before", "score_after", "score_before_interval", "score_after_interval", "questions", "seconds", "peak_rss_bytes", "output", "samples",
    ];

    protected override OptionsSchema CreateSchema() => new OptionsSchema().Add<QuickstartOptions>("Run");

    public override JsonObject Run(CommandContext context)
    {
        QuickstartOptions options = context.Values.Build<QuickstartOptions>();
        if (options.MaxSteps is < 1 || options.Questions is < 1)
        {
            throw new UsageException("max_steps and questions: expected 1 or more");
        }

        return new QuickstartRun(context, options).Run();
    }
}
