using Attune.Text.AddedTokens;
using Attune.Text.Models;
using Attune.Text.Normalizers;

namespace Attune.Text.Files;

/// <summary>Gathers the added tokens of a folder without tokenizer.json: those that its files list, those that play a role, and those that its class has besides.</summary>
internal sealed class AddedTokenList
{
    /// <summary>Id of a token that has none yet.</summary>
    public const int NoId = -1;

    private readonly TokenizerConfig _config;
    private readonly TokenTable _model;
    private readonly string _place;
    private readonly List<AddedToken> _tokens = [];
    private readonly Dictionary<string, int> _indices = new(StringComparer.Ordinal);
    private int _nextId;

    /// <summary>Starts with the tokens that the folder's files list with their ids.</summary>
    /// <param name="config">What the folder says.</param>
    /// <param name="model">The model's vocabulary; tokens that it lacks get the ids behind it.</param>
    /// <param name="place">Where the vocabulary stands, for errors.</param>
    public AddedTokenList(TokenizerConfig config, TokenTable model, string place)
    {
        (_config, _model, _place, _nextId) = (config, model, place, model.Size);
        foreach (AddedToken token in config.AddedTokens())
        {
            Put(token);
        }
    }

    /// <summary>What the tokens are, in the order of their ids' giving.</summary>
    public IEnumerable<string> Contents => _tokens.Select(token => token.Content);

    /// <summary>Adds the token of a role such as <c>mask_token</c>; one without a name is left out.</summary>
    /// <param name="role">Name of the role in the files.</param>
    /// <param name="absent">The token where the files do not say.</param>
    /// <param name="takesSpaceBefore">Whether it takes the white space before it where the files do not say.</param>
    public void AddRole(string role, string? absent, bool takesSpaceBefore = false)
    {
        if (_config.SpecialToken(role) is { } given)
        {
            AddSpecial(given);
        }
        else if (_config.Token(role, absent) is { Length: > 0 } content)
        {
            AddSpecial(new AddedToken(NoId, content) { Special = true, TakesSpaceBefore = takesSpaceBefore });
        }
    }

    /// <summary>Adds the token of a role if the vocabulary or this list has it: one without it is that of a model that has no use for it.</summary>
    /// <param name="role">Name of the role in the files.</param>
    /// <param name="absent">The token where the files do not say.</param>
    /// <param name="takesSpaceBefore">Whether it takes the white space before it where the files do not say.</param>
    public void AddKnownRole(string role, string? absent, bool takesSpaceBefore = false)
    {
        if (_config.Token(role, absent) is { } token && (_model.Find(token) >= 0 || _indices.ContainsKey(token)))
        {
            AddRole(role, absent, takesSpaceBefore);
        }
    }

    /// <summary>Adds special tokens that do nothing more.</summary>
    public void AddSpecial(IEnumerable<string> contents)
    {
        foreach (string content in contents)
        {
            AddSpecial(new AddedToken(NoId, content) { Special = true });
        }
    }

    /// <summary>Adds a special token; one that is there without being special takes its form.</summary>
    public void AddSpecial(AddedToken token)
    {
        if (!_indices.TryGetValue(token.Content, out int index))
        {
            Put(token);
        }
        else if (!_tokens[index].Special)
        {
            _tokens[index] = token with { Id = _tokens[index].Id };
        }
    }

    /// <summary>Adds a token with what it does; one that is there stays as it is. Without an id it gets that of the vocabulary, or else the next free one.</summary>
    public void Put(AddedToken token)
    {
        if (!_indices.TryAdd(token.Content, _tokens.Count))
        {
            return;
        }

        int known = _model.Find(token.Content);
        _tokens.Add(known >= 0 ? token with { Id = known } : token.Id >= 0 ? token : token with { Id = _nextId });
        _nextId = Math.Max(_nextId, _tokens[^1].Id + 1);
    }

    /// <summary>The id of a token of the vocabulary or of this list.</summary>
    /// <exception cref="TextException">There is no such token.</exception>
    public int IdOf(string token) => _model.Find(token) is >= 0 and int id ? id
        : _indices.TryGetValue(token, out int index) ? _tokens[index].Id
        : throw new TextException($"{_place}: the vocabulary has no special token '{token}'; say in tokenizer_config.json what it is called there");

    /// <summary>The tokens as a vocabulary, with those special ones that the folder's files list without a role.</summary>
    public AddedVocabulary Build(INormalizer? normalizer)
    {
        foreach (AddedToken token in _config.FurtherSpecialTokens())
        {
            AddSpecial(token);
        }

        return new AddedVocabulary(_tokens, _model, normalizer, _place);
    }
}
