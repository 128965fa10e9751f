using System.Reflection;
using System.Text.Json.Nodes;
using Attune.Adapters;
using Attune.Cli.Commands;
using Attune.Cli.Completion;
using Attune.Cli.Models;
using Attune.Cli.Options;
using Attune.Cli.Runs;
using Attune.Data;
using Attune.Export;
using Attune.Formats;
using Attune.Hub;
using Attune.Inference;
using Attune.Nn;
using Attune.Text;
using Attune.Training;

namespace Attune.Cli;

/// <summary>Finds the command, runs it, turns errors into messages and exit codes.</summary>
internal sealed class ToolHost(TextWriter output, TextWriter error)
{
    /// <summary>Set to anything, this environment variable makes unexpected errors show where they came from.</summary>
    private const string DebugVariable = "ATTUNE_DEBUG";

    /// <summary>The tool's version.</summary>
    public static string Version { get; } =
        typeof(ToolHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>Runs a command line.</summary>
    /// <returns>The exit code.</returns>
    public int Run(IReadOnlyList<string> words)
    {
        bool isJson = words.Any(word => word is "--json" or "--json=true");
        var terminal = new Terminal(output, error, isJson, words.Any(word => word is "--quiet" or "--quiet=true"));
        using var stop = new StopSignals(terminal);
        try
        {
            return Run(words, terminal, stop.Token);
        }
        catch (OperationCanceledException)
        {
            terminal.Warn("attune: stopped");
            return Fail(stop.ExitCode, "stopped");
        }
        catch (Exception failure)
        {
            (int code, string message) = Explain(failure);
            terminal.Error(message);
            return Fail(code, message);
        }

        int Fail(int code, string message)
        {
            if (isJson)
            {
                terminal.Json(new JsonObject { ["error"] = message, ["exit_code"] = code });
            }

            return code;
        }
    }

    private int Run(IReadOnlyList<string> words, Terminal terminal, CancellationToken cancellation)
    {
        var help = new HelpWriter(output);
        switch (words.Count == 0 ? "--help" : words[0])
        {
            case "--help" or "-h" or "help":
                help.Write(KnownCommands.All);
                return ExitCodes.Success;
            case "--version":
                output.WriteLine($"{Version} {ModelSession.DefaultTier()}");
                return ExitCodes.Success;
            case Completer.Word:
                foreach (string word in Completer.Complete([.. words.Skip(1)]))
                {
                    output.WriteLine(word);
                }

                return ExitCodes.Success;
        }

        ToolCommand[] members = [.. KnownCommands.All.Where(known => known.Name.StartsWith(words[0] + " ", StringComparison.Ordinal))];
        if (members.Length > 0 && (words.Count == 1 || words[1] is "--help" or "-h"))
        {
            help.Write(words[0], members);
            return ExitCodes.Success;
        }

        ToolCommand command = KnownCommands.All.FirstOrDefault(known => known.Words.SequenceEqual(words.Take(known.Words.Count))) ?? throw UnknownCommand(words);
        string[] rest = [.. words.Skip(command.Words.Count)];
        if (rest.Any(word => word is "--help" or "-h"))
        {
            help.Write(command);
            return ExitCodes.Success;
        }

        OptionValues values = CommandLineReader.Read(command, rest);
        values.Places = new HubPlaces(terminal, cancellation);
        JsonObject result = command.Run(new CommandContext(values, terminal, cancellation));
        if (terminal.IsJson)
        {
            terminal.Json(result);
        }

        return ExitCodes.Success;
    }

    private static UsageException UnknownCommand(IReadOnlyList<string> words)
    {
        string[] names = [.. KnownCommands.All.Select(command => command.Name)];
        string word = words.Count > 1 && names.Any(name => name.StartsWith(words[0] + " ", StringComparison.Ordinal)) ? $"{words[0]} {words[1]}" : words[0];
        return new UsageException($"unknown command '{word}'; " + (NearestName.Of(word, names) is { } nearest
            ? $"did you mean '{nearest}'?"
            : $"the commands are {string.Join(", ", names)}"));
    }

    private static (int Code, string Message) Explain(Exception failure) => failure switch
    {
        UsageException or ModelFileException or TextException or DataException or AdapterException or WeightException or TrainingException or GenerationException or ExportException or HubException
            => (ExitCodes.BadInput, failure.Message),
        RunsDifferException or IOException or UnauthorizedAccessException => (ExitCodes.Failure, failure.Message),
        OutOfMemoryException => (ExitCodes.Failure, "memory ran out; use a smaller batch, shorter rows, or gradient_checkpointing"),
        _ when Environment.GetEnvironmentVariable(DebugVariable) is { Length: > 0 } => (ExitCodes.Failure, failure.ToString()),
        _ => (ExitCodes.Failure, $"{failure.GetType().Name}: {failure.Message} (this should not happen; {DebugVariable}=1 shows where it did)"),
    };
}
