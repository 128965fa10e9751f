using System.Diagnostics;
using Attune.Cli.Commands;
using Attune.Cli.Completion;
using Attune.Testing;

namespace Attune.Cli.Tests.Completion;

public sealed class CompletionTests
{
    public static TheoryData<string> Shells => [.. ShellScript.All.Select(script => script.Shell)];

    [Theory]
    [InlineData("", "train", "data", "runs", "--help", "--version")]
    [InlineData("tr", "train")]
    [InlineData("data ", "inspect", "clean", "dedup", "split", "--help")]
    [InlineData("runs re", "resume", "report")]
    [InlineData("train --max-st", "--max-steps")]
    [InlineData("data split --outp", "--output")]
    public void Offers_what_can_stand_there(string line, params string[] words) =>
        Assert.All(words, word => Assert.Contains(word, Completer.Complete(line.Split(' '))));

    [Theory]
    [InlineData("train ")]
    [InlineData("train --model ")]
    [InlineData("train --model Smol")]
    [InlineData("no such command ")]
    public void Leaves_values_and_files_to_the_shell(string line) => Assert.Empty(Completer.Complete(line.Split(' ')));

    [Fact]
    public void Offers_an_option_once() => Assert.DoesNotContain("--max-steps", Completer.Complete(["train", "--max_steps", "3", "--max-st"]));

    [Fact]
    public void A_value_hides_no_option() => Assert.Contains("--model", Completer.Complete(["export", "model", "out", "--mod"]));

    [Fact]
    public void Every_command_can_be_typed_word_by_word()
    {
        foreach (ToolCommand command in KnownCommands.All)
        {
            for (int i = 0; i < command.Words.Count; i++)
            {
                Assert.Contains(command.Words[i], Completer.Complete([.. command.Words.Take(i), command.Words[i][..1]]));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public void Prints_the_script_of_a_shell(string shell) =>
        Assert.Contains($"attune {Completer.Word} ", Tool.Run("completion", shell).Succeeded().Output, StringComparison.Ordinal);

    [Fact]
    public void Bash_completes_with_the_script()
    {
        if (!File.Exists("/bin/bash"))
        {
            Assert.Skip("bash is not there");
        }

        using var folder = new TemporaryFolder();
        string script = folder.Write("completion.sh", $$"""
            attune() { dotnet '{{Path.Combine(AppContext.BaseDirectory, "attune.dll")}}' "$@"; }
            {{Tool.Run("completion", "bash").Succeeded().Output}}
            COMP_WORDS=(attune runs re) COMP_CWORD=2
            _attune
            echo "${COMPREPLY[@]}"
            """);
        using Process bash = Process.Start(new ProcessStartInfo("/bin/bash", [script]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        ToolResult result = Tool.Wait(bash).Succeeded();
        Assert.Equal("resume report", result.Output.Trim());
    }
}
