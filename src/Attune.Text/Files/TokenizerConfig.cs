using System.Globalization;
using System.Text.Json;
using Attune.Text.AddedTokens;
using Attune.Text.Json;

namespace Attune.Text.Files;

/// <summary>What the small files beside the vocabulary of older folders say: <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c>, <c>added_tokens.json</c> and <c>config.json</c>.</summary>
internal sealed class TokenizerConfig : IDisposable
{
    private const string FastSuffix = "Fast";
    private const int MaxCount = 4096;

    private readonly List<JsonDocument> _documents = [];
    private readonly JsonView? _json;
    private readonly JsonView? _specialTokens;
    private readonly JsonView? _addedTokens;
    private readonly Lazy<JsonView?> _model;

    private TokenizerConfig(string folder)
    {
        _json = Read(folder, "tokenizer_config.json");
        _specialTokens = Read(folder, "special_tokens_map.json");
        _addedTokens = Read(folder, "added_tokens.json");
        _model = new Lazy<JsonView?>(() => Read(folder, "config.json"));
    }

    /// <summary>Name of the tokenizer's class without the suffix <c>Fast</c>, of the tokenizer's configuration or of the model's; null when neither says.</summary>
    public string? ClassName
    {
        get
        {
            string? name = _json?.OptionalString("tokenizer_class") ?? _model.Value?.OptionalString("tokenizer_class");
            return name?.EndsWith(FastSuffix, StringComparison.Ordinal) == true ? name[..^FastSuffix.Length] : name;
        }
    }

    /// <summary>Kind of the model that the folder holds; null when not said.</summary>
    public string? ModelType => _model.Value?.OptionalString("model_type");

    /// <summary>Reads the files of a folder; what is not there says nothing.</summary>
    /// <exception cref="TextException">A file is damaged.</exception>
    public static TokenizerConfig Load(string folder) => new(folder);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (JsonDocument document in _documents)
        {
            document.Dispose();
        }
    }

    /// <summary>A truth value; null when not said.</summary>
    public bool? Boolean(string name) => _json?[name] is { IsAbsent: false } value ? value.AsBoolean() : null;

    /// <summary>A text; null when not said.</summary>
    public string? Text(string name) => _json?.OptionalString(name);

    /// <summary>A number of tokens, which is small; a default when not said.</summary>
    public int Count(string name, int absent) => _json?[name] switch
    {
        { IsAbsent: false } value => value.AsCount() is <= MaxCount and int count ? count : throw value.Error($"expected at most {MaxCount} tokens, found {value.AsCount()}"),
        _ => absent,
    };

    /// <summary>A special token, spelled as text or as an object; a default when not said.</summary>
    public string? Token(string name, string? absent = null) => Find(name) switch
    {
        { IsObject: true } token => token["content"].AsString(),
        { } token => token.AsString(),
        _ => absent,
    };

    /// <summary>A special token that is spelled as an object with what it does; null otherwise.</summary>
    public AddedToken? SpecialToken(string name) => Find(name) is { IsObject: true } token ? Special(token) : null;

    /// <summary>Special tokens that play no role of their own.</summary>
    public IEnumerable<AddedToken> FurtherSpecialTokens() =>
        from name in (string[])["additional_special_tokens", "extra_special_tokens"]
        where Find(name) is { IsArray: true }
        from token in Find(name)!.Value.Items()
        select token.IsObject ? Special(token) : new AddedToken(AddedTokenList.NoId, token.AsString()) { Special = true };

    /// <summary>The added tokens that the files list with their ids; of two with the same text the first.</summary>
    public List<AddedToken> AddedTokens()
    {
        var tokens = new List<AddedToken>();
        if (_json?["added_tokens_decoder"] is { IsAbsent: false } decoder)
        {
            foreach ((string key, JsonView token) in decoder.Members())
            {
                int id = int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                    ? number
                    : throw token.Error($"expected an id as the name, found '{key}'");
                tokens.Add(AddedToken.Read(id, token));
            }
        }

        // The older of the two files knows no more than ids; what it lists is looked for in the normalised text.
        if (_addedTokens is { } older)
        {
            tokens.AddRange(older.Members().Select(member => new AddedToken(member.Value.AsCount(), member.Name) { Normalized = true }));
        }

        return [.. tokens.DistinctBy(token => token.Content, StringComparer.Ordinal)];
    }

    private static AddedToken Special(JsonView token) => new(AddedTokenList.NoId, token["content"].AsString())
    {
        SingleWord = token.OptionalBoolean("single_word"),
        TakesSpaceBefore = token.OptionalBoolean("lstrip"),
        TakesSpaceBehind = token.OptionalBoolean("rstrip"),
        Normalized = token.OptionalBoolean("normalized"),
        Special = true,
    };

    private JsonView? Find(string name) =>
        _json?[name] is { IsAbsent: false } said ? said
        : _specialTokens?[name] is { IsAbsent: false } token ? token
        : null;

    private JsonView? Read(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        if (!File.Exists(path))
        {
            return null;
        }

        JsonDocument document = TokenizerJson.ParseDocument(File.ReadAllBytes(path), path);
        _documents.Add(document);
        return JsonView.Root(document, path);
    }
}
