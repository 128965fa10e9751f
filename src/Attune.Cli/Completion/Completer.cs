using Attune.Cli.Commands;
using Attune.Cli.Options;

namespace Attune.Cli.Completion;

/// <summary>Finds how a command line that is being typed can go on.</summary>
internal static class Completer
{
    /// <summary>The first word of a command line that asks for this; the scripts of <see cref="ShellScript"/> write it.</summary>
    public const string Word = "__complete";

    private static readonly string[] ToolOptions = ["--help", "--version"];

    /// <summary>What can stand where the last word stands.</summary>
    /// <param name="words">The words behind the tool's name up to the cursor; the last may be empty or a beginning.</param>
    /// <returns>Whole words; none where a value or a file's name is expected.</returns>
    public static IReadOnlyList<string> Complete(IReadOnlyList<string> words)
    {
        string last = words.Count == 0 ? "" : words[^1];
        string[] before = [.. words.SkipLast(1)];
        IEnumerable<string> found = KnownCommands.All.FirstOrDefault(command => before.Take(command.Words.Count).SequenceEqual(command.Words)) is { } command
            ? last.StartsWith('-') ? OptionsOf(command, before) : []
            : WordsBehind(before);
        return [.. found.Where(word => word.StartsWith(last, StringComparison.Ordinal))];
    }

    private static IEnumerable<string> WordsBehind(string[] before)
    {
        string[] words = [.. KnownCommands.All.Where(command => command.Words.Count > before.Length && command.Words.Take(before.Length).SequenceEqual(before))
            .Select(command => command.Words[before.Length]).Distinct()];
        return words.Length == 0 ? [] : [.. words, .. before.Length == 0 ? ToolOptions : ["--help"]];
    }

    private static IEnumerable<string> OptionsOf(ToolCommand command, string[] before) =>
        command.Schema.Keys.Select(key => key.Flag).Except(before.Where(word => word.StartsWith('-')).Select(word => OptionKey.ToFlag(word.TrimStart('-')))).Append("--help");
}
