using System.Text.Json;
using Attune.Text.AddedTokens;
using Attune.Text.Json;

namespace Attune.Text.Files;

/// <summary>What <c>tokenizer_config.json</c> says beside the vocabulary files of older folders.</summary>
internal sealed class TokenizerConfig : IDisposable
{
    private const string FastSuffix = "Fast";

    private readonly JsonDocument? _document;
    private readonly JsonView? _json;

    private TokenizerConfig(JsonDocument? document, string path)
    {
        _document = document;
        _json = document is null ? null : JsonView.Root(document, path);
    }

    /// <summary>Name of the tokenizer's class without the suffix <c>Fast</c>; null when not said.</summary>
    public string? ClassName
    {
        get
        {
            string? name = _json?.OptionalString("tokenizer_class");
            return name?.EndsWith(FastSuffix, StringComparison.Ordinal) == true ? name[..^FastSuffix.Length] : name;
        }
    }

    /// <summary>Reads the file of a folder; a folder without one says nothing.</summary>
    /// <exception cref="TextException">The file is damaged.</exception>
    public static TokenizerConfig Load(string folder)
    {
        string path = Path.Combine(folder, "tokenizer_config.json");
        return new TokenizerConfig(File.Exists(path) ? TokenizerJson.ParseDocument(File.ReadAllBytes(path), path) : null, path);
    }

    /// <inheritdoc/>
    public void Dispose() => _document?.Dispose();

    /// <summary>A truth value; null when not said.</summary>
    public bool? Boolean(string name) => _json?[name] is { IsAbsent: false } value ? value.AsBoolean() : null;

    /// <summary>A special token, spelled as text or as an object; a default when not said.</summary>
    public string? Token(string name, string? absent = null) => _json?[name] switch
    {
        { IsAbsent: false, IsObject: true } token => token["content"].AsString(),
        { IsAbsent: false } token => token.AsString(),
        _ => absent,
    };

    /// <summary>The added tokens with their ids.</summary>
    public List<AddedToken> AddedTokens()
    {
        var tokens = new List<AddedToken>();
        if (_json?["added_tokens_decoder"] is { IsAbsent: false } decoder)
        {
            foreach ((string key, JsonView token) in decoder.Members())
            {
                int id = int.TryParse(key, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int number)
                    ? number
                    : throw token.Error($"expected an id as the name, found '{key}'");
                tokens.Add(AddedToken.Read(id, token));
            }
        }

        return tokens;
    }
}
