using System.Text.Json;
using Attune.Formats;
using Attune.Training.Optimizers;

namespace Attune.Training.Checkpoints;

/// <summary>
/// A folder <c>checkpoint-N</c> from which a run goes on with the same bits: the trained weights, <c>optimizer.safetensors</c>, <c>trainer_state.json</c>,
/// <c>training_options.json</c> and <c>manifest.json</c> with the hash of each. It appears complete or not at all.
/// </summary>
public static class Checkpoint
{
    /// <summary>Name of the optimiser's file.</summary>
    public const string OptimizerName = "optimizer.safetensors";

    /// <summary>Name of the state's file.</summary>
    public const string StateName = "trainer_state.json";

    /// <summary>Name of the options' file.</summary>
    public const string OptionsName = "training_options.json";

    /// <summary>Writes a checkpoint.</summary>
    /// <exception cref="IOException">The disk is full or the folder cannot be written; nothing is left behind.</exception>
    public static void Write(string path, TrainedWeights weights, Optimizer optimizer, TrainerState state, TrainingOptions options)
    {
        using AtomicFolder folder = AtomicFolder.Create(path);
        weights.Write(folder.TemporaryPath);
        optimizer.Write(Path.Combine(folder.TemporaryPath, OptimizerName));
        AtomicFile.WriteAllBytes(Path.Combine(folder.TemporaryPath, StateName), state.ToJson());
        AtomicFile.WriteAllBytes(Path.Combine(folder.TemporaryPath, OptionsName), ToJson(options));
        Manifest.Write(folder.TemporaryPath, state.GlobalStep);
        folder.Commit();
    }

    /// <summary>Checks every file of a checkpoint, then puts weights and optimiser back.</summary>
    /// <returns>Where the run stood.</returns>
    /// <exception cref="TrainingException">A file is missing, damaged, or of another run; the message names it.</exception>
    public static TrainerState Read(string path, TrainedWeights weights, Optimizer optimizer)
    {
        TrainerState state = Verify(path);
        optimizer.Read(Path.Combine(path, OptimizerName));
        weights.Read(path);
        return state;
    }

    /// <summary>Checks every file of a checkpoint against its hash.</summary>
    /// <returns>Where the run stood.</returns>
    /// <exception cref="TrainingException">A file is missing or damaged; the message names it.</exception>
    public static TrainerState Verify(string path)
    {
        Manifest manifest = Manifest.Verify(path);
        foreach (string name in (string[])[OptimizerName, StateName, OptionsName])
        {
            Check.Require(manifest.Files.ContainsKey(name), $"the checkpoint is damaged: {path}: its manifest does not list {name}");
        }

        string file = Path.Combine(path, StateName);
        TrainerState state = TrainerState.FromJson(File.ReadAllBytes(file), file);
        Check.Require(state.GlobalStep == manifest.Step, $"the checkpoint is damaged: {file}: it is of step {state.GlobalStep}, the manifest of step {manifest.Step}");
        return state;
    }

    /// <summary>Whether a checkpoint was written with options that give another run than these; how often is saved and logged gives the same.</summary>
    public static bool HasOtherOptions(string path, TrainingOptions options)
    {
        TrainingOptions? saved = JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(path, OptionsName)), TrainingJson.Default.TrainingOptions);
        return saved is null || !ToJson(Deciding(saved)).AsSpan().SequenceEqual(ToJson(Deciding(options)));

        static TrainingOptions Deciding(TrainingOptions options) => options with { Saving = new SaveOptions(), LoggingSteps = 1 };
    }

    private static byte[] ToJson(TrainingOptions options) => JsonSerializer.SerializeToUtf8Bytes(options, TrainingJson.Default.TrainingOptions);
}
