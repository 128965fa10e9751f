using System.Text.RegularExpressions;
using Attune.Testing;

namespace Attune.Cli.Tests;

/// <summary>The commands of the README, run on what the repository comes with.</summary>
public sealed partial class ReadmeTests
{
    private const string Launch = "dotnet run -c Release --project src/Attune.Cli -- ";

    private static readonly string[] Commands = [.. CodeBlock().Matches(File.ReadAllText(Path.Combine(Repository.Root, "README.md"))).Select(match => match.Groups[1].Value.Trim())];

    [Fact]
    public void The_main_job_and_the_question_after_it()
    {
        using var folder = new TemporaryFolder();
        string quickstart = Commands.Single(command => command.EndsWith(" quickstart", StringComparison.Ordinal));
        string generate = Commands.Single(command => command.Contains(" generate ", StringComparison.Ordinal));
        Tool.Process([.. Words(quickstart), "--output", folder["quickstart"], "--max-steps", "4", "--questions", "2", "--json"]).Succeeded();
        string[] ask = [.. Words(generate).Select(word => word == "runs/quickstart" ? folder["quickstart"] : word)];
        Assert.NotEmpty((string)Tool.Process([.. ask, "--json"]).Succeeded().Json["text"]!);
    }

    [Fact]
    public void The_test_command_is_the_one_that_continuous_integration_runs()
    {
        string test = Commands.Single(command => command.StartsWith("dotnet test", StringComparison.Ordinal));
        Assert.Contains(test, File.ReadAllText(Path.Combine(Repository.Root, ".ci", "run")), StringComparison.Ordinal);
    }

    [Fact]
    public void Paths_in_the_documents_exist()
    {
        foreach (string document in new[] { "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md" })
        {
            foreach (Match match in PathInText().Matches(File.ReadAllText(Path.Combine(Repository.Root, document))))
            {
                string path = match.Groups[1].Value;
                Assert.True(Path.Exists(Path.Combine(Repository.Root, path)), $"{document} names {path}, which does not exist");
            }
        }
    }

    private static string[] Words(string command)
    {
        Assert.StartsWith(Launch, command, StringComparison.Ordinal);
        return [.. Word().Matches(command[Launch.Length..]).Select(match => match.Value.Trim('"'))];
    }

    [GeneratedRegex("```bash\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex("\"[^\"]*\"|\\S+")]
    private static partial Regex Word();

    [GeneratedRegex(@"[`(]((?:src|tests|docs|bench|recipes|models|examples|eng)(?:/[\w.\-]+)*/?)[`)]")]
    private static partial Regex PathInText();
}
