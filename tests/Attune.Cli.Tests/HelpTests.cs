using System.Reflection;
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

    [Fact]
    public void The_help_says_of_exactly_those_options_that_take_an_address_that_they_do()
    {
        PropertyInfo[] options = [.. typeof(PlaceAttribute).Assembly.GetTypes().Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal)).SelectMany(OptionsSchema.Properties)];
        Assert.Contains(options, option => option.GetCustomAttribute<PlaceAttribute>() is not null);
        Assert.All(options, option => Assert.Equal(option.GetCustomAttribute<PlaceAttribute>() is not null, OptionDocs.Of(option).Contains("hf:org/name", StringComparison.Ordinal)));
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
