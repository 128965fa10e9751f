namespace Attune.Training.Checkpoints;

/// <summary>Decides where a run begins.</summary>
internal static class RunStart
{
    private const string Auto = "auto";

    /// <summary>The checkpoint that a run goes on from; null for a new run.</summary>
    /// <exception cref="TrainingException">The checkpoint that was named is damaged, or a new run would mix its checkpoints with those of an older one.</exception>
    public static string? FindCheckpoint(TrainingOptions options, Action<string> warn)
    {
        string? path = options.ResumeFromCheckpoint;
        if (path is null)
        {
            Check.Require(
                options.OutputDir is null || CheckpointFolders.Steps(options.OutputDir).Count == 0,
                $"{options.OutputDir} holds the checkpoints of an earlier run; go on with resume_from_checkpoint = auto, or choose another output_dir.");
            return null;
        }

        if (path == Auto)
        {
            path = CheckpointFolders.FindLast(
                options.OutputDir ?? throw new TrainingException("resume_from_checkpoint = auto looks for checkpoints in output_dir; set it."), warn);
            if (path is null)
            {
                warn($"there is no checkpoint in {options.OutputDir}; the run starts from the beginning.");
                return null;
            }
        }
        else
        {
            Check.Require(Directory.Exists(path), $"resume_from_checkpoint: there is no folder {path}; give a checkpoint-N folder or auto.");
        }

        Checkpoint.Verify(path);
        if (Checkpoint.HasOtherOptions(path, options))
        {
            warn($"the options differ from those that {path} was saved with, so the run will not be the same as without the interruption.");
        }

        return path;
    }
}
