using System.Globalization;
using Attune.Cli.Commands;

namespace Attune.Cli.Exports;

/// <summary>What the comparison of an export with its source gave.</summary>
/// <param name="Tensors">Tensors that are there bit for bit.</param>
/// <param name="Texts">Texts that the written tokenizer gives the same ids for; 0 without one.</param>
/// <param name="LargestDifference">The largest difference of outputs, as a fraction of the largest number.</param>
internal sealed record ExportReport(int Tensors, int Texts, double LargestDifference)
{
    /// <summary>The report as people read it.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"opened again and compared: {Tensors} tensors,{(Texts > 0 ? $" the ids of {Texts} texts," : "")} outputs that differ by {LargestDifference:g2} of the largest at most");
}

/// <summary>A format of other runtimes.</summary>
/// <param name="Name">What users write.</param>
/// <param name="Write">Writes a folder, complete or not at all, and compares it with its source.</param>
internal sealed record ExportFormat(string Name, Func<CommandContext, ExportOptions, string, ExportReport> Write);

/// <summary>All formats.</summary>
internal static class KnownExports
{
    /// <summary>One line each.</summary>
    public static IReadOnlyList<ExportFormat> All { get; } =
    [
        new("onnx", OnnxFolder.Write),
        new("mlx", AdapterExport.WriteMlx),
        new("peft", AdapterExport.WritePeft),
    ];

    /// <summary>The format of a name.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static ExportFormat Find(string name) => All.FirstOrDefault(format => format.Name == name)
        ?? throw new UsageException($"format: expected one of {string.Join(", ", All.Select(format => format.Name))}, found '{name}'");
}
