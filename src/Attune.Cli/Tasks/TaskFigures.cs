using System.Globalization;
using System.Text.Json.Nodes;

namespace Attune.Cli.Tasks;

/// <summary>Figures of a task, for people and programs.</summary>
internal static class TaskFigures
{
    /// <summary>All figures in one line.</summary>
    public static string Line(IEnumerable<KeyValuePair<string, double>> figures) =>
        string.Join(", ", figures.Select(figure => string.Create(CultureInfo.InvariantCulture, $"{figure.Key} {figure.Value:F4}")));

    /// <summary>An object with a number for each figure; null for one that is not defined.</summary>
    public static JsonObject ToJson(IEnumerable<KeyValuePair<string, double>> figures) =>
        new(figures.Select(figure => KeyValuePair.Create(figure.Key, double.IsFinite(figure.Value) ? (JsonNode?)figure.Value : null)));
}
