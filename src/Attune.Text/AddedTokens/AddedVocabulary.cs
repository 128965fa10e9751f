using Attune.Text.Models;
using Attune.Text.Normalizers;
using Attune.Text.Pipeline;

namespace Attune.Text.AddedTokens;

/// <summary>The added tokens of a tokenizer.</summary>
internal sealed class AddedVocabulary
{
    private readonly Dictionary<int, AddedToken> _byId = [];
    private readonly Dictionary<string, AddedToken> _byContent = new(StringComparer.Ordinal);
    private readonly Dictionary<int, byte[]> _spellings = [];
    private readonly HashSet<int> _skipped = [];

    /// <summary>Makes the vocabulary; a token that the model also has takes the model's id.</summary>
    /// <param name="tokens">The added tokens.</param>
    /// <param name="model">The model's vocabulary.</param>
    /// <param name="normalizer">The normaliser that normalised tokens go through.</param>
    /// <param name="place">Where the tokens stand, for errors.</param>
    /// <param name="isFound">Whether the tokens are found in text.</param>
    /// <exception cref="TextException">An id is used twice or far beyond the vocabulary.</exception>
    public AddedVocabulary(IReadOnlyList<AddedToken> tokens, TokenTable model, INormalizer? normalizer, string place, bool isFound = true)
    {
        long limit = (4L * (model.Count + tokens.Count)) + 65_536;
        foreach (AddedToken given in tokens)
        {
            int modelId = model.Find(given.Content);
            AddedToken token = modelId >= 0 ? given with { Id = modelId } : given;
            if (token.Id >= limit)
            {
                throw new TextException($"{place}: added token '{token.Content}' has id {token.Id}; expected one below {limit} for a vocabulary of {model.Count} tokens");
            }

            if (modelId < 0 && model.Has(token.Id))
            {
                throw new TextException($"{place}: added token '{token.Content}' has id {token.Id}, which the vocabulary gives to '{model.ToText(token.Id)}'");
            }

            if (_byContent.ContainsKey(token.Content))
            {
                continue;
            }

            if (!_byId.TryAdd(token.Id, token))
            {
                throw new TextException($"{place}: id {token.Id} is given to the added tokens '{_byId[token.Id].Content}' and '{token.Content}'");
            }

            _byContent.Add(token.Content, token);
            byte[] spelling = Spell(token, normalizer);
            _spellings.Add(token.Id, spelling);
            if (token.Special && spelling.AsSpan().SequenceEqual(System.Text.Encoding.UTF8.GetBytes(token.Content)))
            {
                _skipped.Add(token.Id);
            }
        }

        Tokens = [.. _byId.Values.OrderBy(token => token.Id)];
        Verbatim = new AddedTokenSplitter(Tokens.Where(token => isFound && !token.Normalized).Select(token => (token, _spellings[token.Id])));
        Normalized = new AddedTokenSplitter(Tokens.Where(token => isFound && token.Normalized).Select(token => (token, _spellings[token.Id])));
    }

    /// <summary>The tokens by id.</summary>
    public AddedToken[] Tokens { get; }

    /// <summary>Finds the tokens that stand in the text as it is.</summary>
    public AddedTokenSplitter Verbatim { get; }

    /// <summary>Finds the tokens that stand in the normalised text.</summary>
    public AddedTokenSplitter Normalized { get; }

    /// <summary>One more than the highest id.</summary>
    public int Size => Tokens.Length == 0 ? 0 : Tokens[^1].Id + 1;

    /// <summary>The token of an id; null when it is no added token.</summary>
    public AddedToken? Find(int id) => _byId.GetValueOrDefault(id);

    /// <summary>The token of a content; null when it is no added token.</summary>
    public AddedToken? Find(string content) => _byContent.GetValueOrDefault(content);

    /// <summary>Whether decoding without special tokens leaves an id out.</summary>
    /// <remarks>As in the reference, a special token that the normaliser changes is decoded in its changed form, which is not special.</remarks>
    public bool IsSkipped(int id) => _skipped.Contains(id);

    /// <summary>The bytes that stand for a token in text.</summary>
    public bool TryGetSpelling(int id, out ReadOnlySpan<byte> spelling)
    {
        bool found = _spellings.TryGetValue(id, out byte[]? bytes);
        spelling = bytes;
        return found;
    }

    private static byte[] Spell(AddedToken token, INormalizer? normalizer)
    {
        byte[] content = System.Text.Encoding.UTF8.GetBytes(token.Content);
        if (!token.Normalized || normalizer is null || content.Length == 0)
        {
            return content;
        }

        var source = new AlignedText();
        var target = new AlignedText();
        source.AppendOriginal(content, 0);
        normalizer.Rewrite(source, 0, source.Length, target);
        return target.Bytes.ToArray();
    }
}
