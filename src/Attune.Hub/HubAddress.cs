using System.Text.RegularExpressions;

namespace Attune.Hub;

/// <summary>Kinds of repositories.</summary>
public enum HubKind
{
    /// <summary>A model.</summary>
    Model,

    /// <summary>A data set.</summary>
    Dataset,
}

/// <summary>A repository on a hub, a revision of it, and what part of it is meant.</summary>
/// <param name="Kind">Model or data set.</param>
/// <param name="Name">Owner and name: <c>org/name</c>.</param>
public sealed partial record HubAddress(HubKind Kind, string Name)
{
    /// <summary>What stands before addresses where files may be named, too.</summary>
    public const string Prefix = "hf:";

    /// <summary>Branch, tag or commit. Default: <c>main</c>.</summary>
    public string Revision { get; init; } = "main";

    /// <summary>Only files whose path begins so; empty for all.</summary>
    public string Path { get; init; } = "";

    /// <summary>Whether a text is an address and no file: it begins with <c>hf:</c>.</summary>
    public static bool Is(string text) => text.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Reads <c>hf:org/name</c>, <c>hf:org/name@revision</c> or <c>hf:org/name@revision/path</c>; <c>hf:</c> may be missing.</summary>
    /// <exception cref="HubException">The text is no address.</exception>
    public static HubAddress Parse(string text, HubKind kind)
    {
        Match match = Form().Match(Is(text) ? text[Prefix.Length..] : text);
        if (!match.Success || match.Groups["path"].Value.Split('/').Any(part => part is "." or "..") || match.Groups["name"].Value.Contains("..", StringComparison.Ordinal))
        {
            throw new HubException($"{text}: expected org/name, org/name@revision or org/name@revision/path");
        }

        return new HubAddress(kind, match.Groups["name"].Value)
        {
            Revision = match.Groups["revision"] is { Success: true } revision ? revision.Value : "main",
            Path = match.Groups["path"].Value,
        };
    }

    /// <summary>The address as a user writes it.</summary>
    public override string ToString() => $"{Name}{(Revision == "main" ? "" : "@" + Revision)}{(Path.Length == 0 ? "" : "/" + Path)}";

    [GeneratedRegex(@"^(?<name>[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95})(@(?<revision>[A-Za-z0-9][\w.-]{0,127}))?(/(?<path>[\w][\w ./+-]{0,500}))?$")]
    private static partial Regex Form();
}
