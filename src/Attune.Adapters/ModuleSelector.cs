using System.Globalization;
using System.Text.RegularExpressions;
using Attune.Nn;
using Attune.Nn.FeedForward;

namespace Attune.Adapters;

/// <summary>Which modules of a model a specification names, by PEFT's rules.</summary>
/// <remarks>
/// A list selects modules whose full name equals an entry or ends with a dot and the entry; a single text is a regular expression that must match the whole name;
/// <c>all-linear</c> selects every linear layer but the output layer and those of single experts.
/// </remarks>
public static class ModuleSelector
{
    /// <summary>The word that selects every linear layer but the output layer.</summary>
    public const string AllLinear = "all-linear";

    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Whether a list or an expression names a module.</summary>
    public static bool Matches(TargetSpec spec, string name) => spec.Pattern is { } pattern
        ? FullMatch(pattern, name)
        : spec.Names.Any(entry => name == entry || name.EndsWith("." + entry, StringComparison.Ordinal));

    /// <summary>The value of the first pattern, in order, that matches a whole name as <c>(.*\.)?(pattern)$</c>; else the default.</summary>
    public static T Lookup<T>(IReadOnlyList<KeyValuePair<string, T>> patterns, string name, T fallback)
    {
        foreach ((string pattern, T value) in patterns)
        {
            if (FullMatch($"(.*\\.)?({pattern})", name))
            {
                return value;
            }
        }

        return fallback;
    }

    /// <summary>The modules that LoRA adapts, in the order of the model.</summary>
    /// <exception cref="AdapterException">Nothing is selected, or something that cannot be adapted.</exception>
    public static IReadOnlyList<Module> Select(Network model, TargetSpec targets, TargetSpec? exclude, IReadOnlyList<int>? layers, string? layersPattern)
    {
        bool all = targets.Pattern == AllLinear;

        // transformers holds all experts of a layer in one array, which is no linear layer; an adapter on single experts could not be opened there.
        HashSet<Module> experts = all ? [.. model.Modules().OfType<Experts>().SelectMany(group => group.Modules())] : [];
        List<Module> selected = [];
        foreach (Module module in model.Modules())
        {
            bool wanted = all ? module is Linear && module != model.OutputLayer && !experts.Contains(module) : Matches(targets, module.Name);
            if (!wanted || (exclude is not null && Matches(exclude, module.Name)) || !InLayers(module.Name, layers, layersPattern))
            {
                continue;
            }

            if (module is not (Linear or Embedding))
            {
                throw new AdapterException($"target_modules: '{module.Name}' is a {module.GetType().Name}; only linear layers and embeddings can be adapted");
            }

            selected.Add(module);
        }

        if (selected.Count == 0)
        {
            IEnumerable<string> known = model.Modules().OfType<Linear>().Select(layer => layer.Name[(layer.Name.LastIndexOf('.') + 1)..]).Distinct();
            throw new AdapterException($"target_modules: nothing in the model matches {targets}; its linear layers are {string.Join(", ", known)}");
        }

        return selected;
    }

    private static bool InLayers(string name, IReadOnlyList<int>? layers, string? pattern)
    {
        if (layers is null)
        {
            return true;
        }

        string expression = pattern is null ? @"^.*\.[^.]*\.(\d+)\." : $@"^.*\.{Regex.Escape(pattern)}\.(\d+)\.";
        Match match = Regex.Match(name, expression, RegexOptions.CultureInvariant, MatchTimeout);
        return match.Success && layers.Contains(int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
    }

    /// <summary>Python's re.fullmatch, in time linear in the name where the expression allows it.</summary>
    private static bool FullMatch(string pattern, string name)
    {
        try
        {
            return Regex.IsMatch(name, $"^(?:{pattern})$", RegexOptions.CultureInvariant, MatchTimeout);
        }
        catch (ArgumentException error)
        {
            throw new AdapterException($"'{pattern}' is not a regular expression: {error.Message}", error);
        }
        catch (RegexMatchTimeoutException error)
        {
            throw new AdapterException($"the regular expression '{pattern}' takes too long on '{name}'; make it simpler", error);
        }
    }
}

/// <summary>Names of modules: a list of endings, or one regular expression.</summary>
public sealed record TargetSpec
{
    /// <summary>Selects by endings of names.</summary>
    public TargetSpec(IReadOnlyList<string> names) => Names = names;

    /// <summary>Selects by a regular expression, or by <see cref="ModuleSelector.AllLinear"/>.</summary>
    public TargetSpec(string pattern) => Pattern = pattern;

    /// <summary>Endings of names.</summary>
    public IReadOnlyList<string> Names { get; } = [];

    /// <summary>The expression; null for a list.</summary>
    public string? Pattern { get; }

    /// <summary>The list or the expression.</summary>
    public override string ToString() => Pattern is null ? $"[{string.Join(", ", Names)}]" : $"'{Pattern}'";
}
