using System.Diagnostics;
using System.Globalization;

namespace Attune.Cli.Tests.Runs;

/// <summary>A run that is killed, whatever it was doing, and resumed ends with the bytes of an uninterrupted one.</summary>
public sealed class KilledRunTests(ITestOutputHelper output) : IDisposable
{
    private readonly SmallRun _runs = new();

    [Fact]
    public void Killed_at_random_points() => KillAndResume(6);

    [Fact]
    [Trait("Category", "Slow")]
    public void Killed_at_two_hundred_random_points() => KillAndResume(200);

    public void Dispose() => _runs.Dispose();

    private void KillAndResume(int points)
    {
        var clock = Stopwatch.StartNew();
        Tool.Process(_runs.Train("whole")).Succeeded();
        double whole = clock.Elapsed.TotalSeconds;
        var random = new Random(points);
        int saving = 0;
        int ended = 0;
        for (int i = 0; i < points; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"run-{i}");

            // Two thirds save at every step, so that most of their time goes into saving.
            string every = i % 3 == 0 ? "4" : "1";
            using (Process process = Tool.Start(_runs.Train(name, "--save-steps", every)))
            {
                // Starting takes a good part of the time; what matters is to hit the steps and the checkpoints.
                if (i % 6 == 0)
                {
                    process.WaitForExit(TimeSpan.FromSeconds(whole * random.NextDouble()));
                }
                else
                {
                    _runs.WaitForStep(name, 1 + random.Next(25), process);
                    process.WaitForExit(TimeSpan.FromMilliseconds(20 * random.NextDouble()));
                }

                ended += process.HasExited ? 1 : 0;
                process.Kill();
                process.WaitForExit();
            }

            saving += Directory.Exists(_runs[name]) && Directory.EnumerateDirectories(_runs[name], ".*").Any() ? 1 : 0;
            Tool.Process(_runs.Train(name, "--save-steps", every, "--resume", "auto")).Succeeded();
            _runs.RequireEqual("whole", name);
            Directory.Delete(_runs[name], recursive: true);
        }

        output.WriteLine($"{points} kills, {saving} of them while a checkpoint was written or deleted, {ended} behind the end; all ended with equal bits");
    }
}
