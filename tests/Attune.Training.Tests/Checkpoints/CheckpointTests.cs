using Attune.Testing;
using Attune.Training.Checkpoints;

namespace Attune.Training.Tests.Checkpoints;

public sealed class CheckpointTests
{
    [Theory]
    [InlineData("lora", "adapter_config.json,adapter_model.safetensors,manifest.json,optimizer.safetensors,trainer_state.json,training_options.json")]
    [InlineData("full", "manifest.json,model.safetensors,optimizer.safetensors,trainer_state.json,training_options.json")]
    public void Holds_weights_optimiser_state_options_and_their_hashes(string method, string files)
    {
        using var folder = new TemporaryFolder();
        Train(folder.Path, method);
        Assert.Equal(files.Split(','), Directory.GetFiles(Path.Combine(folder.Path, "checkpoint-12")).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal));
        Assert.Equal([3, 6, 9, 12], CheckpointFolders.Steps(folder.Path));
        Assert.Equal(4, Directory.GetFileSystemEntries(folder.Path).Length);
    }

    [Fact]
    public void Every_single_changed_or_missing_byte_is_noticed_and_the_file_is_named()
    {
        using var folder = new TemporaryFolder();
        Train(folder.Path, "lora");
        string checkpoint = Path.Combine(folder.Path, "checkpoint-12");
        var random = new Random(5);
        foreach (string path in Directory.GetFiles(checkpoint))
        {
            byte[] contents = File.ReadAllBytes(path);
            for (int i = 0; i < 60; i++)
            {
                byte[] damaged = [.. contents];
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
                RequireRefused(checkpoint, path, damaged);
            }

            RequireRefused(checkpoint, path, contents[..random.Next(contents.Length)]);
            RequireRefused(checkpoint, path, [.. contents, 10]);
            RequireRefused(checkpoint, path, null);
            File.WriteAllBytes(path, contents);
        }

        Assert.Equal(12, Checkpoint.Verify(checkpoint).GlobalStep);
    }

    [Fact]
    public void A_damaged_newest_checkpoint_gives_way_to_the_one_before_it() => Damage(300);

    [Fact]
    [Trait("Category", "Slow")]
    public void Ten_thousand_damages_are_all_noticed() => Damage(10_000);

    [Fact]
    public void A_manifest_that_leads_out_of_the_folder_is_refused()
    {
        using var folder = new TemporaryFolder();
        Train(folder.Path, "lora");
        string checkpoint = Path.Combine(folder.Path, "checkpoint-12");
        string manifest = Path.Combine(checkpoint, "manifest.json");
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("\"adapter_config.json\"", "\"../checkpoint-9/manifest.json\"", StringComparison.Ordinal));
        Assert.Contains("outside the folder", Assert.Throws<TrainingException>(() => Checkpoint.Verify(checkpoint)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resuming_goes_back_to_the_last_good_checkpoint_and_says_so()
    {
        using var folder = new TemporaryFolder();
        float[][] expected = Train(folder.Path, "lora");
        File.Delete(Path.Combine(folder.Path, "checkpoint-12", "optimizer.safetensors"));
        File.WriteAllBytes(Path.Combine(folder.Path, "checkpoint-9", "trainer_state.json"), [1, 2, 3]);
        using var run = new TinyRun("lora");
        var watcher = new Watcher();
        using Trainer trainer = run.Trainer(TinyRun.Options(folder.Path) with { ResumeFromCheckpoint = "auto" }, watcher);
        trainer.Run();
        Assert.Equal(6, watcher.Plan.FirstStep);
        Assert.Equal(2, watcher.Warnings.Count);
        Assert.Contains("optimizer.safetensors: it is missing", watcher.Warnings[0], StringComparison.Ordinal);
        Assert.Contains("checkpoint-9", watcher.Warnings[1], StringComparison.Ordinal);
        Assert.Equal(expected, run.Values());
    }

    [Fact]
    public void A_damaged_checkpoint_that_was_named_is_refused_and_so_are_all_damaged_ones()
    {
        using var folder = new TemporaryFolder();
        Train(folder.Path, "lora");
        string checkpoint = Path.Combine(folder.Path, "checkpoint-9");
        foreach (string path in Directory.GetDirectories(folder.Path))
        {
            File.AppendAllText(Path.Combine(path, "trainer_state.json"), " ");
        }

        using var run = new TinyRun("lora");
        float[][] before = run.Values();
        Assert.Contains("trainer_state.json", Resume(checkpoint), StringComparison.Ordinal);
        Assert.Contains("all 4 checkpoints", Resume("auto"), StringComparison.Ordinal);
        Assert.Contains("there is no folder", Resume(Path.Combine(folder.Path, "checkpoint-1")), StringComparison.Ordinal);
        Assert.Equal(before, run.Values());

        string Resume(string from)
        {
            using Trainer trainer = run.Trainer(TinyRun.Options(folder.Path) with { ResumeFromCheckpoint = from });
            return Assert.Throws<TrainingException>(() => trainer.Run()).Message;
        }
    }

    [Theory]
    [InlineData(1, "9,12")]
    [InlineData(2, "9,12")]
    [InlineData(3, "6,9,12")]
    public void Rotation_keeps_the_last_and_the_best(int limit, string kept)
    {
        using var folder = new TemporaryFolder();
        foreach (int step in (int[])[3, 6, 9, 12])
        {
            Directory.CreateDirectory(CheckpointFolders.PathOf(folder.Path, step));
        }

        Directory.CreateDirectory(Path.Combine(folder.Path, ".deleted-1"));
        Directory.CreateDirectory(Path.Combine(folder.Path, "checkpoint-old"));
        CheckpointFolders.Rotate(folder.Path, limit, bestStep: 9);
        Assert.Equal(kept, string.Join(',', CheckpointFolders.Steps(folder.Path)));
        Assert.False(Directory.Exists(Path.Combine(folder.Path, ".deleted-1")));
        Assert.True(Directory.Exists(Path.Combine(folder.Path, "checkpoint-old")));
    }

    [Fact]
    public void The_best_evaluation_is_saved_and_its_weights_are_put_back()
    {
        using var folder = new TemporaryFolder();
        using var run = new TinyRun("full");
        Dictionary<long, float[][]> values = [];
        var watcher = new Watcher(step => values[step.Step] = run.Values());
        using Trainer trainer = run.Trainer(
            TinyRun.Options(folder.Path) with
            {
                Evaluation = new EvaluationOptions { EvalStrategy = "steps", EvalSteps = 1, LoadBestModelAtEnd = true },
                Optimizer = new OptimizerOptions { LearningRate = 0.1, LrSchedulerType = "constant" },
                Saving = new SaveOptions { SaveStrategy = "no", SaveTotalLimit = 1 },
            },
            watcher);
        TrainingResult result = trainer.Run();
        LogEntry best = result.LogHistory.Where(entry => entry.EvalLoss is not null).MinBy(entry => entry.EvalLoss)!;
        Assert.Equal(best.Step, result.BestGlobalStep);
        Assert.Equal(best.EvalLoss, result.BestMetric);
        Assert.Equal(values[best.Step], run.Values());
        Assert.Equal([best.Step], CheckpointFolders.Steps(folder.Path));
    }

    /// <summary>Flips bytes and cuts files of the newest checkpoint, one at a time; every fourth time a file is cut.</summary>
    private static void Damage(int damages)
    {
        using var folder = new TemporaryFolder();
        Train(folder.Path, "lora");
        string[] files = Directory.GetFiles(Path.Combine(folder.Path, "checkpoint-12"));
        byte[][] contents = [.. files.Select(File.ReadAllBytes)];
        var random = new Random(damages);
        for (int i = 0; i < damages; i++)
        {
            int file = i % files.Length;
            byte[] damaged = contents[file];
            if (i % 4 == 3)
            {
                damaged = damaged[..random.Next(damaged.Length)];
            }
            else
            {
                damaged = [.. damaged];
                damaged[random.Next(damaged.Length)] ^= (byte)random.Next(1, 256);
            }

            File.WriteAllBytes(files[file], damaged);
            var warnings = new List<string>();
            Assert.Equal(CheckpointFolders.PathOf(folder.Path, 9), CheckpointFolders.FindLast(folder.Path, warnings.Add));
            Assert.Contains("checkpoint-12", Assert.Single(warnings), StringComparison.Ordinal);
            File.WriteAllBytes(files[file], contents[file]);
        }

        Assert.Equal(CheckpointFolders.PathOf(folder.Path, 12), CheckpointFolders.FindLast(folder.Path, Assert.Fail));
    }

    private static float[][] Train(string folder, string method)
    {
        using var run = new TinyRun(method);
        using Trainer trainer = run.Trainer(TinyRun.Options(folder));
        trainer.Run();
        return run.Values();
    }

    private static void RequireRefused(string checkpoint, string path, byte[]? contents)
    {
        if (contents is null)
        {
            File.Delete(path);
        }
        else
        {
            File.WriteAllBytes(path, contents);
        }

        Assert.Contains(Path.GetFileName(checkpoint), Assert.Throws<TrainingException>(() => Checkpoint.Verify(checkpoint)).Message, StringComparison.Ordinal);
    }
}
