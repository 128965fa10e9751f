namespace Attune.Cli.Runs;

/// <summary>Runs below each other, one a line.</summary>
internal static class RunTable
{
    /// <summary>What the columns are.</summary>
    public static string Header { get; } = $"{"run",-28}{"status",-15}{"steps",8}{"train loss",12}{"eval loss",12}";

    /// <summary>The line of a run under a name.</summary>
    public static string Row(string name, RunFolder run) => FormattableString.Invariant($"{name,-28}{run.Status,-15}{run.Steps,8:N0}{run.TrainLoss,12:F4}{run.EvalLoss,12:F4}");
}
