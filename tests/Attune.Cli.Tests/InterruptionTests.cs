using System.Diagnostics;
using System.Globalization;

namespace Attune.Cli.Tests;

/// <summary>A run that is killed or stopped and resumed ends with the bytes of an uninterrupted one.</summary>
public sealed class InterruptionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _model;
    private readonly string _data;

    public InterruptionTests()
    {
        _model = TinyModel.Write(_folder["model"]);
        _data = TinyModel.WriteChats(_folder["chats.jsonl"]);
    }

    [Fact]
    public void Killed_at_random_points() => KillAndResume(5);

    [Fact]
    [Trait("Category", "Slow")]
    public void Killed_at_many_random_points() => KillAndResume(50);

    [Fact]
    public void Stopped_in_order()
    {
        Tool.Process(Train("whole", "never")).Succeeded();
        using Process process = Tool.Start([.. Train("run", "never"), "--json"]);
        WaitForStep("run", 3, process);
        using Process kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
        ToolResult stopped = Tool.Wait(process);
        Assert.Equal(143, stopped.ExitCode);
        Assert.Equal("stopped", (string?)stopped.Json["error"]);
        Assert.Contains("--resume auto", stopped.Error, StringComparison.Ordinal);
        Tool.Process("train", Path.Combine(_folder["run"], "recipe.yaml"), "--resume", "auto", "--quiet").Succeeded();
        AssertEqualRuns("whole", "run");
    }

    public void Dispose() => _folder.Dispose();

    private void KillAndResume(int points)
    {
        var clock = Stopwatch.StartNew();
        Tool.Process(Train("whole", "never")).Succeeded();
        double whole = clock.Elapsed.TotalSeconds;
        var random = new Random(points);
        for (int i = 0; i < points; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"run-{i}");
            using (Process process = Tool.Start(Train(name, "never")))
            {
                // Starting takes a good part of the time; what matters is to hit the steps and the checkpoints.
                if (i % 2 == 0)
                {
                    WaitForStep(name, 1 + random.Next(20), process);
                }
                else
                {
                    process.WaitForExit(TimeSpan.FromSeconds(whole * random.NextDouble()));
                }

                process.Kill();
                process.WaitForExit();
            }

            Tool.Process(Train(name, "auto")).Succeeded();
            AssertEqualRuns("whole", name);
        }
    }

    private string[] Train(string name, string resume) =>
    [
        "train", "--model", _model, "--data", _data, "--output", _folder[name], "--max-steps", "30", "--save-steps", "4", "--save-total-limit", "2", "--logging-steps", "1",
        "--per-device-train-batch-size", "3", "--gradient-accumulation-steps", "2", "--lora-dropout", "0.1", "--learning-rate", "1e-2", "--warmup-steps", "3",
        "--target-modules", "all-linear", "--dtype", "fp32", "--threads", "1", "--quiet", "--resume", resume,
    ];

    private void WaitForStep(string name, int step, Process process)
    {
        string path = Path.Combine(_folder[name], "metrics.jsonl");
        while (!process.HasExited && !(File.Exists(path) && CountLines(path) >= step))
        {
            Thread.Sleep(2);
        }
    }

    private static int CountLines(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Count(letter => letter == '\n');
    }

    private void AssertEqualRuns(string first, string second)
    {
        foreach (string file in new[] { "adapter_model.safetensors", "adapter_config.json", "metrics.jsonl" })
        {
            Assert.True(
                File.ReadAllBytes(Path.Combine(_folder[first], file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(_folder[second], file))),
                $"{file} of {second} differs from that of the uninterrupted run");
        }
    }
}
