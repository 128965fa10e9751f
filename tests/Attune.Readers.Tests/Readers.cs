using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Readers.Tests;

/// <summary>
/// Runs readers of other projects: scripts for Node.js with the packages of package.json, which are installed on first use into a cache folder of the user, and scripts for
/// Debian's Python. A machine without them skips the test that asks.
/// </summary>
internal static class Readers
{
    private static readonly TimeSpan InstallLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan RunLimit = TimeSpan.FromMinutes(10);

    private static readonly Lazy<(string? Folder, string Reason)> Packages = new(Install);

    private static string Home => Path.Combine(Repository.Root, "tests", "Attune.Readers.Tests");

    /// <summary>Runs a script of Node.js.</summary>
    /// <param name="script">Its name without ending.</param>
    /// <param name="request">What it is asked.</param>
    public static JsonNode Node(string script, JsonNode request)
    {
        (string? folder, string reason) = Packages.Value;
        Assert.SkipWhen(folder is null, reason);
        return Run("node", $"{script}.mjs", request, folder!);
    }

    /// <summary>Runs a script of Python with Jinja2.</summary>
    /// <param name="script">Its name without ending.</param>
    /// <param name="request">What it is asked.</param>
    public static JsonNode Python(string script, JsonNode request)
    {
        string? python = new[] { "/usr/bin/python3", "python3" }.FirstOrDefault(program => Start(program, ["-c", "import jinja2"], Home, InstallLimit) is (0, _, _));
        Assert.SkipWhen(python is null, "needs Python with Jinja2 (Debian: python3-jinja2)");
        return Run(python!, $"{script}.py", request, "");
    }

    /// <summary>Runs the built tool.</summary>
    public static void Attune(params string[] words)
    {
        (int code, string output, string error) = Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "attune.dll"), .. words], Home, RunLimit)
            ?? throw new InvalidOperationException($"attune took more than {RunLimit}");
        Assert.True(code == 0, $"attune {string.Join(' ', words)} ended with {code}: {output}{error}");
    }

    private static JsonNode Run(string program, string script, JsonNode request, string packages)
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, request.ToJsonString());
            (int code, string output, string error) = Start(program, [Path.Combine(Home, "Scripts", script), file], Home, RunLimit, ("NODE_MODULES", packages))
                ?? throw new InvalidOperationException($"{program} could not be started or took more than {RunLimit}");
            Assert.True(code == 0, $"{script} ended with {code}: {error}");
            return JsonNode.Parse(output)!;
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>The folder with the packages, or why there is none.</summary>
    private static (string? Folder, string Reason) Install()
    {
        byte[] list = File.ReadAllBytes(Path.Combine(Home, "package.json"));
        string cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } named
            ? named
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        string folder = Path.Combine(cache, "attune", "readers", Convert.ToHexStringLower(SHA256.HashData(list))[..16]);
        if (Start("node", ["--version"], Home, InstallLimit) is not (0, _, _) || Start("npm", ["--version"], Home, InstallLimit) is not (0, _, _))
        {
            return (null, "needs Node.js with npm");
        }

        if (Directory.Exists(folder))
        {
            return (folder, "");
        }

        // Packages appear as a whole or not at all, so that a run that was ended leaves nothing behind that looks complete.
        string part = $"{folder}.{Environment.ProcessId}";
        Directory.CreateDirectory(part);
        try
        {
            File.WriteAllBytes(Path.Combine(part, "package.json"), list);
            (int Code, string Output, string Error)? installed = Start(
                "npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--omit=optional", "--no-package-lock", "--fetch-retries=1", "--fetch-timeout=20000"], part, InstallLimit);
            if (installed is not (0, _, _))
            {
                return (null, $"needs the packages of tests/Attune.Readers.Tests/package.json, which npm could not install: {installed?.Error.Split('\n')[0] ?? "it took too long"}");
            }

            Directory.Move(part, folder);
            return (folder, "");
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            return (folder, "");
        }
        finally
        {
            if (Directory.Exists(part))
            {
                Directory.Delete(part, recursive: true);
            }
        }
    }

    /// <summary>Runs a program to its end; null when it cannot be started or takes too long.</summary>
    private static (int Code, string Output, string Error)? Start(string program, string[] words, string folder, TimeSpan limit, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(program, words) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }

        try
        {
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(limit))
            {
                process.Kill(entireProcessTree: true);
                return null;
            }

            return (process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
