using System.Text.Json.Nodes;
using Attune.Cli.Options;

namespace Attune.Cli;

/// <summary>A command of the tool.</summary>
internal abstract class ToolCommand
{
    private OptionsSchema? _schema;

    /// <summary>What stands after <c>attune</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The words of the name; most have one.</summary>
    public IReadOnlyList<string> Words => Name.Split(' ');

    /// <summary>What it does, in one sentence.</summary>
    public abstract string Summary { get; }

    /// <summary>What one has to know besides; paragraphs.</summary>
    public virtual IReadOnlyList<string> Remarks => [];

    /// <summary>Whole command lines, at least one.</summary>
    public abstract IReadOnlyList<string> Examples { get; }

    /// <summary>Keys whose values may be given without their names, in this order.</summary>
    public virtual IReadOnlyList<string> Operands => [];

    /// <summary>Fields of the JSON object, for the help.</summary>
    public abstract IReadOnlyList<string> JsonFields { get; }

    /// <summary>All that can be set.</summary>
    public OptionsSchema Schema => _schema ??= CreateSchema().Add<OutputOptions>("Output");

    /// <summary>Adds the command's options records to an empty schema.</summary>
    protected abstract OptionsSchema CreateSchema();

    /// <summary>Does the work.</summary>
    /// <returns>The object that <c>--json</c> prints.</returns>
    public abstract JsonObject Run(CommandContext context);
}

/// <summary>What a command works with.</summary>
/// <param name="Values">What the user gave.</param>
/// <param name="Terminal">Where results and messages go.</param>
/// <param name="Cancellation">Ctrl-C and SIGTERM.</param>
internal sealed record CommandContext(OptionValues Values, Terminal Terminal, CancellationToken Cancellation)
{
    /// <summary>The step behind which a training run is left, with a checkpoint; null for its last.</summary>
    public long? LastStep { get; init; }

    /// <summary>The value of a key that has to be given.</summary>
    /// <exception cref="UsageException">It was not.</exception>
    public static string Require(string? value, string key, string what) =>
        value is { Length: > 0 } ? value : throw new UsageException($"{OptionKey.ToFlag(key)} is missing; give {what}");
}

/// <summary>What every command can be told about its output.</summary>
internal sealed record OutputOptions
{
    /// <summary>Print exactly one JSON object on standard output, at the end; everything else goes to standard error. Default: false.</summary>
    public bool Json { get; init; }

    /// <summary>Write nothing but results, warnings and errors. Default: false.</summary>
    public bool Quiet { get; init; }
}
