using System.Text.Json.Nodes;
using Attune.Cli.Completion;
using Attune.Cli.Options;

namespace Attune.Cli.Commands;

/// <summary>Settings of <c>attune completion</c>.</summary>
internal sealed record CompletionOptions
{
    /// <summary>The shell: bash, zsh or fish.</summary>
    public string? Shell { get; init; }
}

/// <summary><c>attune completion</c>.</summary>
internal sealed class CompletionCommand : ToolCommand
{
    public override string Name => "completion";

    public override string Summary => "Print the script with which a shell completes commands and options.";

    public override IReadOnlyList<string> Remarks => ["To have it in every new shell: " + string.Join("; ", ShellScript.All.Select(script => $"{script.Shell}: {script.Installation}"))];

    public override IReadOnlyList<string> Examples => [.. ShellScript.All.Select(script => $"attune completion {script.Shell}")];

    public override IReadOnlyList<string> Operands => ["shell"];

    public override IReadOnlyList<string> JsonFields => ["shell", "script", "installation"];

    protected override OptionsSchema CreateSchema() => new OptionsSchema().Add<CompletionOptions>("Shell");

    public override JsonObject Run(CommandContext context)
    {
        string shells = string.Join(", ", ShellScript.All.Select(known => known.Shell));
        string shell = CommandContext.Require(context.Values.Build<CompletionOptions>().Shell, "shell", $"one of {shells}");
        ShellScript script = ShellScript.All.FirstOrDefault(known => known.Shell == shell) ?? throw new UsageException($"shell: expected one of {shells}, found '{shell}'");
        context.Terminal.Result(script.Text);
        return new JsonObject { ["shell"] = script.Shell, ["script"] = script.Text, ["installation"] = script.Installation };
    }
}
