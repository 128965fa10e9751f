using Attune.Cli.Commands;
using Attune.Cli.Options;

namespace Attune.Cli.Tests;

public sealed class HelpTests
{
    public static TheoryData<string> Commands => [.. KnownCommands.All.Select(command => command.Name)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_command_shows_an_example_its_options_and_exit_codes(string name)
    {
        ToolResult result = Tool.Run([.. name.Split(' '), "--help"]).Succeeded();
        Assert.Matches($@"(?m)^Examples?:\n.*attune {name}", result.Output);
        Assert.Contains("Exit codes:", result.Output, StringComparison.Ordinal);
        Assert.Contains("--json", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_option_is_documented(string name) =>
        Assert.All(Command(name).Schema.Keys, key => Assert.True(key.Documentation.Length > 10, $"{key.Name} has no documentation"));

    [Theory]
    [MemberData(nameof(Commands))]
    public void Models_and_data_may_be_named_on_the_hub_and_the_help_says_so(string name)
    {
        string[] named = ["model", "adapter", "tokenizer", "data", "eval_data", "held_out", "corpus"];
        foreach (OptionKey key in Command(name).Schema.Keys.Where(key => named.Contains(key.Name) || (name, key.Name) is ("convert", "input") or ("init" or "pretrain", "config")))
        {
            Assert.Contains("hf:org/name", key.Documentation, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Examples_are_command_lines_that_parse(string name)
    {
        ToolCommand command = Command(name);
        foreach (string example in command.Examples)
        {
            string line = example[(example.LastIndexOf("attune ", StringComparison.Ordinal) + 7)..];
            string[] words = [.. System.Text.RegularExpressions.Regex.Matches(line, """'[^']*'|"[^"]*"|\S+""").Select(match => match.Value.Trim('\'', '"'))];
            int count = name.Split(' ').Length;
            Assert.Equal(name, string.Join(' ', words[..count]));
            Assert.NotNull(CommandLineReader.Read(command, words[count..]));
        }
    }

    [Fact]
    public void Every_command_is_listed()
    {
        Type[] types = [.. typeof(ToolCommand).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(ToolCommand)))];
        Assert.Equal(types.Length, KnownCommands.All.Count);
    }

    [Fact]
    public void The_tool_lists_its_commands_and_its_version()
    {
        ToolResult help = Tool.Run("--help").Succeeded();
        Assert.All(KnownCommands.All, command => Assert.Contains(command.Name, help.Output, StringComparison.Ordinal));
        Assert.Matches(@"^0\.\d+\.\d+(\+[0-9a-f]+)? (portable|avx2|avx512|avx512-bf16|amx-bf16)$", Tool.Run("--version").Succeeded().Output.TrimEnd());
    }

    private static ToolCommand Command(string name) => KnownCommands.All.Single(command => command.Name == name);
}
