using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Pipeline;
using Attune.Text.Unicode;

namespace Attune.Text.Models;

/// <summary><c>WordPiece</c>: the longest token that a word starts with, then the longest that continues it, to its end (Wu et al. 2016).</summary>
internal sealed class WordPieceModel : ITokenizerModel
{
    private readonly ByteTrie _trie = new();
    private readonly int _continuation;
    private readonly int _unknownId;

    /// <summary>Makes a model.</summary>
    /// <param name="tokens">Tokens with their ids.</param>
    /// <param name="options">Options; the unknown token may be missing from the vocabulary as long as no word is unknown.</param>
    /// <param name="place">Where the model stands, for errors.</param>
    /// <exception cref="TextException">The tokens and ids do not fit together.</exception>
    public WordPieceModel(IReadOnlyList<(string Token, int Id)> tokens, WordPieceOptions options, string place)
    {
        Vocabulary = new TokenTable(tokens, place + ".vocab");
        Options = options;
        _unknownId = Vocabulary.Find(options.UnknownToken);
        for (int id = 0; id < Vocabulary.Size; id++)
        {
            if (Vocabulary.Has(id) && !Vocabulary[id].IsEmpty)
            {
                _trie.Add(Vocabulary[id], id);
            }
        }

        foreach (byte value in System.Text.Encoding.UTF8.GetBytes(options.ContinuingSubwordPrefix))
        {
            _continuation = _continuation < 0 ? ByteTrie.None : _trie.Next(_continuation, value);
        }
    }

    /// <inheritdoc/>
    public TokenTable Vocabulary { get; }

    /// <inheritdoc/>
    public bool ReadsByteLevel => false;

    /// <summary>The options.</summary>
    public WordPieceOptions Options { get; }

    /// <summary>Reads the model from tokenizer.json.</summary>
    public static WordPieceModel Read(JsonView json) => new(
        json["vocab"].AsVocabulary(),
        new WordPieceOptions
        {
            UnknownToken = json.OptionalString("unk_token") ?? "[UNK]",
            ContinuingSubwordPrefix = json.OptionalString("continuing_subword_prefix") ?? "##",
            MaxCharactersPerWord = json["max_input_chars_per_word"] is { IsAbsent: false } most ? most.AsCount() : 100,
        },
        json.Place);

    /// <inheritdoc/>
    public IModelSession CreateSession(bool byteLevel) => new Session(this);

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "WordPiece");
        json.WriteString("unk_token", Options.UnknownToken);
        json.WriteString("continuing_subword_prefix", Options.ContinuingSubwordPrefix);
        json.WriteNumber("max_input_chars_per_word", Options.MaxCharactersPerWord);
        Vocabulary.Write(json, "vocab");
        json.WriteEndObject();
    }

    private void Split(ReadOnlySpan<byte> word, int offset, TokenList tokens)
    {
        int from = tokens.Count;
        int start = IsTooLong(word) ? -1 : 0;
        while (start >= 0 && start < word.Length)
        {
            int end = LongestMatch(word, start, out int id);
            if (end > start)
            {
                tokens.Add(id, offset + start, offset + end);
            }

            start = end;
        }

        if (start < 0)
        {
            tokens.Truncate(from);
            tokens.Add(UnknownId(word), offset, offset + word.Length);
        }
    }

    private int LongestMatch(ReadOnlySpan<byte> word, int start, out int id)
    {
        id = -1;
        int end = -1;
        int node = start == 0 ? ByteTrie.Root : _continuation;
        for (int i = start; i < word.Length && node >= 0; i++)
        {
            node = _trie.Next(node, word[i]);
            if (node >= 0 && _trie.Value(node) >= 0)
            {
                id = _trie.Value(node);
                end = i + 1;
            }
        }

        return end;
    }

    private bool IsTooLong(ReadOnlySpan<byte> word)
    {
        int characters = 0;
        foreach (byte value in word)
        {
            characters += Utf8.IsContinuation(value) ? 0 : 1;
        }

        return characters > Options.MaxCharactersPerWord;
    }

    private int UnknownId(ReadOnlySpan<byte> word) => _unknownId >= 0
        ? _unknownId
        : throw new TextException($"the vocabulary can spell neither '{System.Text.Encoding.UTF8.GetString(word)}' nor the unknown token '{Options.UnknownToken}'; add one of them");

    private sealed class Session(WordPieceModel model) : IModelSession
    {
        private readonly WordCache _cache = new();

        public void Tokenize(ReadOnlySpan<byte> piece, int offset, TokenList tokens)
        {
            ulong hash = ByteHash.Of(piece);
            if (!_cache.TryAdd(piece, hash, offset, tokens))
            {
                int from = tokens.Count;
                model.Split(piece, offset, tokens);
                _cache.Remember(piece, hash, offset, tokens, from);
            }
        }
    }
}

/// <summary>Options of a WordPiece model; names as in tokenizer.json.</summary>
internal sealed record WordPieceOptions
{
    /// <summary>Token for words that cannot be spelled.</summary>
    public string UnknownToken { get; init; } = "[UNK]";

    /// <summary>Prefix of tokens that continue a word.</summary>
    public string ContinuingSubwordPrefix { get; init; } = "##";

    /// <summary>Longer words are unknown (in characters).</summary>
    public int MaxCharactersPerWord { get; init; } = 100;
}
