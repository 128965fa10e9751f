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

    private const string EncodedSlash = "%2F";

    /// <summary>Branch, tag or commit. Default: <c>main</c>.</summary>
    public string Revision { get; init; } = "main";

    /// <summary>Only files whose path begins so; empty for all.</summary>
    public string Path { get; init; } = "";

    /// <summary>Of a model, whether its configuration and tokenizer are enough: weights are then wanted only where there is no tokenizer without them, as in GGUF files. Default: no.</summary>
    public bool WithoutWeights { get; init; }

    /// <summary>Whether a text is an address and no file: it begins with <c>hf:</c>.</summary>
    public static bool Is(string text) => text.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>
    /// Reads <c>hf:org/name</c>, <c>hf:org/name@revision</c> or <c>hf:org/name@revision/path</c>; <c>hf:</c> may be missing. Revisions are branches, tags, commits,
    /// <c>refs/pr/1</c> and the like; in other names that have one, <c>/</c> is written <c>%2F</c>.
    /// </summary>
    /// <exception cref="HubException">The text is no address.</exception>
    public static HubAddress Parse(string text, HubKind kind)
    {
        Match match = Form().Match(Is(text) ? text[Prefix.Length..] : text);
        string revision = match.Groups["revision"].Value.Replace(EncodedSlash, "/", StringComparison.OrdinalIgnoreCase);
        if (!match.Success || match.Groups["path"].Value.Split('/').Any(part => part is "." or "..") || !IsRevision(revision) || match.Groups["name"].Value.Contains("..", StringComparison.Ordinal))
        {
            throw new HubException($"{text}: expected org/name, org/name@revision or org/name@revision/path; a revision is a branch, a tag, a commit or refs/pr/NUMBER");
        }

        return new HubAddress(kind, match.Groups["name"].Value)
        {
            Revision = revision.Length > 0 ? revision : "main",
            Path = match.Groups["path"].Value,
        };
    }

    /// <summary>The address as a user writes it.</summary>
    public override string ToString()
    {
        string revision = Reference().IsMatch(Revision) ? Revision : Revision.Replace("/", EncodedSlash, StringComparison.Ordinal);
        return $"{Name}{(Revision == "main" ? "" : "@" + revision)}{(Path.Length == 0 ? "" : "/" + Path)}";
    }

    // It is the path of a file in the cache.
    private static bool IsRevision(string text) => text.Length == 0 || text.Split('/').All(part => part is not ("" or "." or ".."));

    [GeneratedRegex(@"^(?<name>[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95})(@(?<revision>refs/(pr|convert)/[\w.-]{1,100}|[A-Za-z0-9]([\w.-]|%2[Ff]){0,127}))?(/(?<path>[\w][\w ./+-]{0,500}))?$")]
    private static partial Regex Form();

    [GeneratedRegex(@"^refs/(pr|convert)/[\w.-]+$")]
    private static partial Regex Reference();
}
