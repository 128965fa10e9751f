namespace Attune.Cli.Commands;

/// <summary>All commands of the tool.</summary>
internal static class KnownCommands
{
    /// <summary>One line each, in the order of the help.</summary>
    public static IReadOnlyList<ToolCommand> All { get; } =
    [
        new QuickstartCommand(),
        new TrainCommand(),
        new PlanCommand(),
        new GenerateCommand(),
        new ChatCommand(),
        new EvaluateCommand(),
        new PredictCommand(),
        new MergeCommand(),
        new ConvertCommand(),
        new ExportCommand(),
        new PullCommand(),
        new DataInspectCommand(),
        new DataCleanCommand(),
        new DataDedupCommand(),
        new DataSplitCommand(),
        new DataAugmentCommand(),
        new DataChunkCommand(),
        new DataNegativesCommand(),
        new TokenizerTrainCommand(),
        new TokenizerInspectCommand(),
        new InitCommand(),
        new PretrainCommand(),
        new RunsListCommand(),
        new RunsShowCommand(),
        new RunsCompareCommand(),
        new RunsResumeCommand(),
        new RunsVerifyCommand(),
        new RunsReportCommand(),
        new InfoCommand(),
        new BenchCommand(),
        new DoctorCommand(),
        new SchemaCommand(),
        new CompletionCommand(),
    ];
}
