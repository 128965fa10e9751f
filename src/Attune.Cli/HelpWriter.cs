using Attune.Cli.Options;

namespace Attune.Cli;

/// <summary>Writes the help of the tool and of its commands.</summary>
internal sealed class HelpWriter(TextWriter output)
{
    private const int Column = 34;
    private const int Width = 110;

    /// <summary>The commands.</summary>
    public void Write(IReadOnlyList<ToolCommand> commands)
    {
        output.WriteLine("attune: fine-tune language models, from .NET, on your own processor.");
        Heading("Usage");
        output.WriteLine("  attune COMMAND [OPTIONS]");
        Heading("Commands");
        foreach (ToolCommand command in commands)
        {
            Row(command.Name, command.Summary);
        }

        Heading("Options");
        Row("--help", "This help; behind a command, the help of the command.");
        Row("--version", "The version with its commit, and the instruction tier of this machine.");
        Heading("Example");
        output.WriteLine("  attune train --model SmolLM2-135M-Instruct --data quotes.jsonl --method lora --output runs/quotes");
    }

    /// <summary>The commands that share a first word.</summary>
    public void Write(string group, IReadOnlyList<ToolCommand> commands)
    {
        output.WriteLine($"attune {group}: {commands.Count} commands.");
        Heading("Usage");
        output.WriteLine($"  attune {group} COMMAND [OPTIONS]");
        Heading("Commands");
        foreach (ToolCommand command in commands)
        {
            Row(command.Name, command.Summary);
        }

        Heading("Options");
        Row("--help", "This help; behind a command, the help of the command.");
    }

    /// <summary>One command.</summary>
    public void Write(ToolCommand command)
    {
        output.WriteLine($"attune {command.Name}: {command.Summary}");
        Heading("Usage");
        string operands = string.Concat(command.Operands.Select(key => $" [{key.ToUpperInvariant()}]"));
        output.WriteLine($"  attune {command.Name}{operands} [OPTIONS]");
        foreach (string remark in command.Remarks)
        {
            output.WriteLine();
            Wrap(remark, 0);
        }

        Heading(command.Examples.Count == 1 ? "Example" : "Examples");
        foreach (string example in command.Examples)
        {
            output.WriteLine($"  {example}");
        }

        foreach (IGrouping<string, OptionKey> group in command.Schema.Keys.GroupBy(key => key.Group))
        {
            Heading(group.Key);
            foreach (OptionKey key in group)
            {
                Row($"{key.Flag}{Placeholder(key.Type)}", key.Documentation + (key.Alias is null ? "" : $" Also: {OptionKey.ToFlag(key.Alias)}."));
            }
        }

        Heading("Fields of --json");
        Wrap(string.Join(", ", command.JsonFields), 2);
        Heading("Exit codes");
        foreach ((int code, string meaning) in ExitCodes.All)
        {
            Row($"{code}", meaning);
        }
    }

    private static string Placeholder(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(bool) ? ""
            : type == typeof(int) || type == typeof(long) ? " N"
            : type == typeof(double) ? " X"
            : OptionValue.IsMapping(type) ? " {KEY: VALUE}"
            : type == typeof(IReadOnlyList<int>) ? " N..."
            : OptionValue.IsList(type) ? " TEXT..."
            : " TEXT";
    }

    private void Heading(string text)
    {
        output.WriteLine();
        output.WriteLine($"{text}:");
    }

    private void Row(string name, string text)
    {
        output.Write($"  {name}");
        int used = name.Length + 2;
        if (used > Column - 2)
        {
            output.WriteLine();
            used = 0;
        }

        output.Write(new string(' ', Column - used));
        Wrap(text, Column, isIndented: true);
    }

    private void Wrap(string text, int indent, bool isIndented = false)
    {
        int used = indent;
        if (!isIndented)
        {
            output.Write(new string(' ', indent));
        }

        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (used > indent && used + 1 + word.Length > Width)
            {
                output.WriteLine();
                output.Write(new string(' ', indent));
                used = indent;
            }

            output.Write(used > indent ? $" {word}" : word);
            used += word.Length + 1;
        }

        output.WriteLine();
    }
}
