using Attune.Cli.Commands;
using Attune.Cli.Options;
using Attune.Training.Checkpoints;
using Attune.Training.Runs;

namespace Attune.Cli.Runs;

/// <summary>Does a part of a run again, from one checkpoint (or the start) to another, in a folder of its own, and compares the bits.</summary>
internal static class Replay
{
    /// <summary>The command line values of a run: its recipe, and where it is written.</summary>
    public static (ToolCommand Command, OptionValues Values) Prepare(CommandContext context, RunFolder run)
    {
        ToolCommand command = KnownCommands.All.FirstOrDefault(known => known.Name == run.Manifest.Command)
            ?? throw new UsageException($"{run.Path}: it was made by attune {run.Manifest.Command}, which this version does not have");
        OptionValues values = CommandLineReader.Read(command, [run.RecipePath]);
        values.Places = context.Values.Places;
        return (command, values);
    }

    /// <summary>Runs from the checkpoint of one step (0: from the start) to that of another.</summary>
    /// <returns>The first difference; null when all bits are equal.</returns>
    public static string? Compare(CommandContext context, RunFolder run, long from, long to)
    {
        string folder = Directory.CreateTempSubdirectory("attune-verify-").FullName;
        try
        {
            (ToolCommand command, OptionValues values) = Prepare(context, run);
            string output = Path.Combine(folder, "run");
            Directory.CreateDirectory(output);

            // With the manifest beside it the replay refuses to start where model, data or tier are no longer the same.
            File.Copy(Path.Combine(run.Path, RunManifest.FileName), Path.Combine(output, RunManifest.FileName));
            values.Set("output", output);
            values.Set("resume", from == 0 ? "auto" : CheckpointFolders.PathOf(run.Path, from));
            values.Set("save_strategy", "steps");
            values.Set("save_steps", int.MaxValue);
            command.Run(context with { Values = values, Terminal = context.Terminal.Silenced(), LastStep = to });
            return CheckpointComparison.FirstDifference(CheckpointFolders.PathOf(run.Path, to), CheckpointFolders.PathOf(output, to));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
