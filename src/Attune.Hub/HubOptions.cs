namespace Attune.Hub;

/// <summary>Where the hub is, who asks, and where fetched files are kept. The defaults are those of the environment variables that Python's tools read.</summary>
public sealed record HubOptions
{
    private const string DefaultEndpoint = "https://huggingface.co";

    /// <summary>Address of the hub. Default: <c>HF_ENDPOINT</c>, which has to begin with http:// or https://, else https://huggingface.co.</summary>
    public Uri Endpoint { get; init; } = ReadEndpoint();

    /// <summary>Sent with every question to the hub, and nowhere else. Default: <c>HF_TOKEN</c>, else what the file that <c>HF_TOKEN_PATH</c> names, or <c>token</c> in the home of the cache, holds; null for none.</summary>
    public string? Token { get; init; } = ReadToken();

    /// <summary>Folder of the cache, shared with Python's tools. Default: <c>HF_HUB_CACHE</c>, else <c>hub</c> in <c>HF_HOME</c>, which is <c>~/.cache/huggingface</c> if not set.</summary>
    public string Cache { get; init; } = Variable("HF_HUB_CACHE") ?? Path.Combine(Home, "hub");

    /// <summary>Whether only the cache is asked. Default: whether <c>HF_HUB_OFFLINE</c> is 1, true, yes or on.</summary>
    public bool IsOffline { get; init; } = Variable("HF_HUB_OFFLINE")?.ToUpperInvariant() is "1" or "TRUE" or "YES" or "ON";

    /// <summary>How often a question is asked before it is given up. Default: 5; at least 1.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>Time before the second attempt; it doubles each time. A hub that says when to come back is obeyed. Default: 1 s.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait that a hub may ask for. Default: 2 minutes.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The longest time in which nothing comes before a question counts as failed. Default: 1 minute.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Most bytes of a file whose size the hub does not say; all large files have one. Default: 1 GiB.</summary>
    public long MaxUnsizedBytes { get; init; } = 1 << 30;

    private static string Home => Variable("HF_HOME")
        ?? Path.Combine(Variable("XDG_CACHE_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "huggingface");

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static Uri ReadEndpoint()
    {
        string text = Variable("HF_ENDPOINT") ?? DefaultEndpoint;
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? endpoint) && endpoint.Scheme is "http" or "https"
            ? endpoint
            : throw new HubException($"HF_ENDPOINT is '{text}'; expected an address that begins with http:// or https://, such as {DefaultEndpoint}");
    }

    private static string? ReadToken()
    {
        string path = Variable("HF_TOKEN_PATH") ?? Path.Combine(Home, "token");
        return Variable("HF_TOKEN") is { } given ? Checked("HF_TOKEN", given)
            : File.Exists(path) && new FileInfo(path).Length < 4096 ? Checked(path, File.ReadAllText(path))
            : null;

        // It goes into a header, where only these characters may stand. The message does not show the secret.
        static string? Checked(string place, string text) => text.Trim() is not { Length: > 0 } token ? null
            : token.All(c => c is > ' ' and <= '~') ? token
            : throw new HubException($"{place} holds no token: there are blanks, line breaks or letters beyond ASCII in it; set it to the token alone");
    }
}
