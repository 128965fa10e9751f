using System.Diagnostics;
using Attune.Training.Runs;

namespace Attune.Cli.Tests.Runs;

/// <summary>What a run does when the system is not as it should be: signals, a terminal that closes, a disk that is full or cannot be written.</summary>
public sealed class FaultTests : IDisposable
{
    private readonly SmallRun _runs = new();

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 143)]
    [InlineData("INT", 130)]
    public void A_signal_ends_the_run_behind_a_step_with_a_checkpoint(string signal, int exitCode)
    {
        // Ten times the usual steps: thirty can be over before a signal arrives.
        Tool.Run(_runs.Train("whole", "--max-steps", "300")).Succeeded();
        using Process process = Tool.Start(_runs.Train("run", "--json", "--max-steps", "300"));
        _runs.WaitForStep("run", 3, process);
        SmallRun.Signal(process, signal);
        ToolResult stopped = Tool.Wait(process);
        Assert.Equal(exitCode, stopped.ExitCode);
        Assert.Equal("stopped", (string?)stopped.Json["error"]);
        Assert.Contains("--resume auto", stopped.Error, StringComparison.Ordinal);
        int last = File.ReadLines(Path.Combine(_runs["run"], "metrics.jsonl")).Count();
        Assert.True(Directory.Exists(Path.Combine(_runs["run"], $"checkpoint-{last}")), $"no step behind the last checkpoint is lost: the last step is {last}");
        Tool.Run("train", Path.Combine(_runs["run"], "recipe.yaml"), "--resume", "auto", "--quiet").Succeeded();
        _runs.RequireEqual("whole", "run");
    }

    [Fact]
    public void A_terminal_that_closes_ends_the_run_behind_a_step_with_a_checkpoint()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "needs script and flock (util-linux): a terminal, and its end");
        Tool.Run(_runs.Train("whole")).Succeeded();
        string command = string.Join(' ', Tool.CommandLine(_runs.Train("run", "--save-steps", "100")).Where(word => word != "--quiet").Select(word => $"'{word}'"));
        var start = new ProcessStartInfo("script", ["-qfc", $"exec {command}", "/dev/null"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using (Process terminal = Process.Start(start)!)
        {
            terminal.OutputDataReceived += static (_, _) => { };
            terminal.BeginOutputReadLine();
            _runs.WaitForStep("run", 3, terminal);
            terminal.Kill();
            terminal.WaitForExit();
        }

        WaitForEnd("run");
        Assert.Single(Directory.GetDirectories(_runs["run"], "checkpoint-*"));
        Tool.Run(_runs.Train("run", "--save-steps", "100", "--resume", "auto")).Succeeded();
        _runs.RequireEqual("whole", "run");
    }

    [Theory]
    [InlineData(180)]
    [InlineData(260)]
    [InlineData(330)]
    public void A_full_disk_ends_the_run_and_leaves_the_last_checkpoint(int kilobytes)
    {
        Tool.Run(_runs.Train("whole")).Succeeded();
        Directory.CreateDirectory(_runs["run"]);
        Directory.CreateDirectory(_runs["copy"]);
        ToolResult full = InNamespace($"mount -t tmpfs -o size={kilobytes}k none \"$RUN\"", "cp -r \"$RUN\"/. \"$COPY\"", "--save-total-limit", "20");
        Assert.Equal(1, full.ExitCode);
        Assert.Contains("No space left on device", full.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("this should not happen", full.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(_runs["copy"], ".checkpoint*"));
        ToolResult resumed = Tool.Run(_runs.Train("copy", "--resume", "auto", "--save-total-limit", "20")).Succeeded();
        Assert.DoesNotContain("damaged", resumed.Error, StringComparison.Ordinal);
        _runs.RequireEqual("whole", "copy");
    }

    [Fact]
    public void A_folder_that_may_only_be_read_is_refused_before_the_first_step()
    {
        Directory.CreateDirectory(_runs["run"]);
        ToolResult result = InNamespace("mount --bind \"$RUN\" \"$RUN\" && mount -o remount,bind,ro \"$RUN\"", "true");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(_runs["run"], result.Error, StringComparison.Ordinal);
        Assert.Contains("Read-only file system", result.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _runs.Dispose();

    /// <summary>Runs the tool where the run's folder is mounted as a test wants it, which takes a user namespace and no other rights.</summary>
    private ToolResult InNamespace(string before, string after, params string[] options)
    {
        string train = string.Join(' ', Tool.CommandLine(_runs.Train("run", options)).Select(word => $"'{word}'"));
        var start = new ProcessStartInfo("unshare", ["-rm", "sh", "-c", $"{before} || exit 99; {train}; code=$?; {after}; exit $code"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["RUN"] = _runs["run"];
        start.Environment["COPY"] = _runs["copy"];
        Process? process = null;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("needs unshare (util-linux)");
        }

        using (process)
        {
            ToolResult result = Tool.Wait(process!);
            Assert.SkipWhen(result.ExitCode == 99 || result.Error.StartsWith("unshare:", StringComparison.Ordinal), $"no user namespaces here: {result.Error}");
            return result;
        }
    }

    /// <summary>Waits for the end of a run that is nobody's child: its lock goes with it.</summary>
    private void WaitForEnd(string name)
    {
        using var waiting = Process.Start("flock", ["--timeout", "120", Path.Combine(_runs[name], RunLock.FileName), "true"]);
        waiting.WaitForExit();
        Assert.True(waiting.ExitCode == 0, "the run did not end with its terminal");
    }
}
