using System.Text.RegularExpressions;

namespace Attune.Cli.Training;

/// <summary>What a run trains.</summary>
/// <param name="Key">What users write.</param>
/// <param name="IsAdapter">Whether an adapter is trained and saved; else weights of the model itself.</param>
/// <param name="IsTrainable">Which of the model's own weights are trained.</param>
internal sealed record TrainingMethod(string Key, bool IsAdapter, Func<string, bool> IsTrainable)
{
    /// <summary>Why 8-bit weights serve adapters only.</summary>
    public const string OnlyAdaptersIn8Bit = "load_in_8bit belongs to the method lora: other methods save weights of the model itself, which must not be rounded";

    /// <summary>All methods.</summary>
    public static IReadOnlyList<string> Keys { get; } = ["lora", "full", "freeze"];

    /// <summary>Finds a method.</summary>
    /// <param name="key">What the user wrote.</param>
    /// <param name="patterns">For <c>freeze</c>, which weights are trained: parts of names, with * for anything.</param>
    /// <exception cref="UsageException">The method is not known, or the patterns do not fit it.</exception>
    public static TrainingMethod Of(string key, IReadOnlyList<string> patterns)
    {
        if (patterns.Count > 0 != (key == "freeze") && Keys.Contains(key))
        {
            throw new UsageException(key == "freeze"
                ? "method freeze needs the weights that are trained; give --trainable, such as --trainable 'layers.29.*' norm"
                : $"trainable belongs to the method freeze, not to {key}");
        }

        return key switch
        {
            "lora" => new TrainingMethod(key, true, static _ => false),
            "full" => new TrainingMethod(key, false, static _ => true),
            "freeze" => new TrainingMethod(key, false, Matching(patterns)),
            _ => throw new UsageException($"method: expected one of {string.Join(", ", Keys)}, found '{key}'"),
        };
    }

    private static Func<string, bool> Matching(IReadOnlyList<string> patterns)
    {
        Regex[] expressions = [.. patterns.Select(pattern =>
            new Regex(Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal), RegexOptions.CultureInvariant | RegexOptions.NonBacktracking))];
        return name => expressions.Any(expression => expression.IsMatch(name));
    }
}
