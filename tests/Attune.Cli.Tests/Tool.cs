using System.Diagnostics;
using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Cli.Tests;

/// <summary>What a run of the tool gave.</summary>
internal sealed record ToolResult(int ExitCode, string Output, string Error)
{
    /// <summary>Standard output as the one JSON object that it has to be.</summary>
    public JsonObject Json => JsonNode.Parse(Output)!.AsObject();

    public ToolResult Succeeded()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}\n{Output}\n{Error}");
        return this;
    }
}

/// <summary>Runs the tool.</summary>
internal static class Tool
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>Runs the tool in this process.</summary>
    public static ToolResult Run(params string[] words)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        int code = new ToolHost(output, error).Run(words);
        return new ToolResult(code, output.ToString(), error.ToString());
    }

    /// <summary>Runs the built tool as a process of its own.</summary>
    public static ToolResult Process(params string[] words)
    {
        using Process process = Start(words);
        return Wait(process);
    }

    /// <summary>Runs the built tool with a text on its standard input.</summary>
    public static ToolResult Pipe(string input, params string[] words)
    {
        using Process process = Start(words, input);
        return Wait(process);
    }

    /// <summary>Runs the built tool where no hub can be asked and nothing was fetched into a folder.</summary>
    public static ToolResult Offline(string cache, params string[] words)
    {
        using Process process = Start(words, "", [("HF_HUB_OFFLINE", "1"), ("HF_HOME", cache), ("HF_HUB_CACHE", cache)]);
        return Wait(process);
    }

    /// <summary>The words that start the built tool as a process.</summary>
    public static string[] CommandLine(params string[] words) => ["dotnet", Path.Combine(AppContext.BaseDirectory, "attune.dll"), .. words];

    /// <summary>Starts the built tool.</summary>
    public static Process Start(params string[] words) => Start(words, "");

    private static Process Start(string[] words, string input, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = Repository.Root, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "attune.dll"));
        foreach (string word in words)
        {
            start.ArgumentList.Add(word);
        }

        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        Process process = System.Diagnostics.Process.Start(start)!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        return process;
    }

    /// <summary>Waits for the end.</summary>
    public static ToolResult Wait(Process process)
    {
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Limit))
        {
            process.Kill();
            Assert.Fail($"the tool did not end within {Limit}");
        }

        return new ToolResult(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }
}
