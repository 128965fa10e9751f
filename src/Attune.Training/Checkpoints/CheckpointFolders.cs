using System.Globalization;
using Attune.Training.Optimizers;

namespace Attune.Training.Checkpoints;

/// <summary>The checkpoints of a run, side by side in its folder.</summary>
public static class CheckpointFolders
{
    private const string Prefix = "checkpoint-";

    /// <summary>Folders with this beginning are on their way out; what a killed process left of one is removed by the next deletion.</summary>
    private const string DoomedPrefix = ".deleted-";

    /// <summary>Path of the checkpoint of a step.</summary>
    public static string PathOf(string outputDir, long step) => Path.Combine(outputDir, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{step}"));

    /// <summary>The steps of which there are checkpoints, lowest first.</summary>
    public static IReadOnlyList<long> Steps(string outputDir)
    {
        var steps = new List<long>();
        if (Directory.Exists(outputDir))
        {
            foreach (string folder in Directory.EnumerateDirectories(outputDir, Prefix + "*"))
            {
                if (long.TryParse(Path.GetFileName(folder).AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long step))
                {
                    steps.Add(step);
                }
            }
        }

        steps.Sort();
        return steps;
    }

    /// <summary>Finds the last checkpoint whose files are all as they were written.</summary>
    /// <param name="outputDir">The run's folder.</param>
    /// <param name="warn">Is told of every damaged checkpoint that is passed over.</param>
    /// <returns>Its path; null when there is no checkpoint at all.</returns>
    /// <exception cref="TrainingException">There are checkpoints, but all of them are damaged.</exception>
    public static string? FindLast(string outputDir, Action<string> warn)
    {
        IReadOnlyList<long> steps = Steps(outputDir);
        for (int i = steps.Count - 1; i >= 0; i--)
        {
            string path = PathOf(outputDir, steps[i]);
            try
            {
                Checkpoint.Verify(path);
                return path;
            }
            catch (TrainingException error)
            {
                warn($"{error.Message}; going back to the checkpoint before it.");
            }
        }

        return steps.Count == 0 ? null : throw new TrainingException($"all {steps.Count} checkpoints in {outputDir} are damaged; start anew in another folder.");
    }

    /// <summary>Writes the checkpoint of where a run stands and deletes those above the limit.</summary>
    /// <returns>Its path.</returns>
    internal static string Save(string outputDir, TrainedWeights weights, Optimizer optimizer, TrainerState state, TrainingOptions options)
    {
        string path = PathOf(outputDir, state.GlobalStep);
        Checkpoint.Write(path, weights, optimizer, state, options);
        if (options.Saving.SaveTotalLimit is { } limit)
        {
            Rotate(outputDir, limit, state.BestGlobalStep);
        }

        return path;
    }

    /// <summary>Deletes the oldest checkpoints until <paramref name="limit"/> are left; the last one and the best one stay, even if that is one more.</summary>
    public static void Rotate(string outputDir, int limit, long? bestStep)
    {
        foreach (string left in Directory.EnumerateDirectories(outputDir, DoomedPrefix + "*"))
        {
            Directory.Delete(left, recursive: true);
        }

        IReadOnlyList<long> steps = Steps(outputDir);
        int surplus = steps.Count - limit;
        for (int i = 0; i < steps.Count - 1 && surplus > 0; i++)
        {
            if (steps[i] != bestStep)
            {
                // Renamed first, so that nobody ever sees a checkpoint with a part of its files.
                string doomed = Path.Combine(outputDir, DoomedPrefix + steps[i].ToString(CultureInfo.InvariantCulture));
                Directory.Move(PathOf(outputDir, steps[i]), doomed);
                Directory.Delete(doomed, recursive: true);
                surplus--;
            }
        }
    }
}
