using System.Diagnostics;
using System.Globalization;
using Attune.Cli.Training;
using Attune.Testing;

namespace Attune.Cli.Tests.Runs;

/// <summary>A run of thirty short steps on a tiny model, saved often, for tests of what happens to runs.</summary>
internal sealed class SmallRun : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SmallRun()
    {
        Model = TinyModel.Write(_folder["model"]);
        Data = TinyModel.WriteChats(_folder["chats.jsonl"]);
    }

    public string Model { get; }

    public string Data { get; }

    public string this[string name] => _folder[name];

    /// <summary>The command line; options given replace the usual ones.</summary>
    public string[] Train(string name, params string[] options)
    {
        string[] usual =
        [
            "--model", Model, "--data", Data, "--output", _folder[name], "--max-steps", "30", "--save-steps", "4", "--save-total-limit", "2", "--logging-steps", "1",
            "--per-device-train-batch-size", "3", "--gradient-accumulation-steps", "2", "--lora-dropout", "0.1", "--learning-rate", "1e-2", "--warmup-steps", "3",
            "--target-modules", "all-linear", "--dtype", "fp32", "--threads", "1",
        ];
        return ["train", .. usual.Chunk(2).Where(option => !options.Contains(option[0])).SelectMany(option => option), "--quiet", .. options];
    }

    /// <summary>Waits until a run has logged a step, or has ended.</summary>
    public void WaitForStep(string name, int step, Process process)
    {
        var news = new SemaphoreSlim(0);
        using var watcher = new FileSystemWatcher(Directory.CreateDirectory(_folder[name]).FullName, MetricsLog.FileName);
        watcher.Created += (_, _) => news.Release();
        watcher.Changed += (_, _) => news.Release();
        watcher.Renamed += (_, _) => news.Release();
        process.Exited += (_, _) => news.Release();
        watcher.EnableRaisingEvents = true;
        process.EnableRaisingEvents = true;
        string path = Path.Combine(_folder[name], MetricsLog.FileName);
        while (!process.HasExited && !(File.Exists(path) && CountLines(path) >= step))
        {
            news.Wait();
        }
    }

    /// <summary>Sends a signal.</summary>
    public static void Signal(Process process, string signal)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Requires that two runs left the same bytes: the adapter and the log of all steps.</summary>
    public void RequireEqual(string first, string second)
    {
        foreach (string file in new[] { "adapter_model.safetensors", "adapter_config.json", "metrics.jsonl" })
        {
            Assert.True(
                File.ReadAllBytes(Path.Combine(_folder[first], file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(_folder[second], file))),
                $"{file} of {second} differs from that of the uninterrupted run");
        }
    }

    public void Dispose() => _folder.Dispose();

    private static int CountLines(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Count(letter => letter == '\n');
    }
}
