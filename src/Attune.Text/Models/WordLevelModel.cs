using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Pipeline;

namespace Attune.Text.Models;

/// <summary><c>WordLevel</c>: every piece is a token as a whole, or unknown.</summary>
internal sealed class WordLevelModel : ITokenizerModel, IModelSession
{
    private readonly int _unknownId;

    /// <summary>Makes a model.</summary>
    /// <param name="tokens">Tokens with their ids.</param>
    /// <param name="unknownToken">Token for unknown pieces; it may be missing from the vocabulary as long as no piece is unknown.</param>
    /// <param name="place">Where the model stands, for errors.</param>
    /// <exception cref="TextException">The tokens and ids do not fit together.</exception>
    public WordLevelModel(IReadOnlyList<(string Token, int Id)> tokens, string unknownToken, string place)
    {
        Vocabulary = new TokenTable(tokens, place + ".vocab");
        UnknownToken = unknownToken;
        _unknownId = Vocabulary.Find(unknownToken);
    }

    /// <inheritdoc/>
    public TokenTable Vocabulary { get; }

    /// <inheritdoc/>
    public bool ReadsByteLevel => false;

    /// <summary>Token for unknown pieces.</summary>
    public string UnknownToken { get; }

    /// <summary>Reads the model from tokenizer.json.</summary>
    public static WordLevelModel Read(JsonView json) => new(json["vocab"].AsVocabulary(), json["unk_token"].AsString(), json.Place);

    /// <inheritdoc/>
    public IModelSession CreateSession(bool byteLevel) => this;

    /// <inheritdoc/>
    public void Tokenize(ReadOnlySpan<byte> piece, int offset, TokenList tokens)
    {
        int id = Vocabulary.Find(piece);
        tokens.Add(id >= 0 ? id : UnknownId(piece), offset, offset + piece.Length);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "WordLevel");
        Vocabulary.Write(json, "vocab");
        json.WriteString("unk_token", UnknownToken);
        json.WriteEndObject();
    }

    private int UnknownId(ReadOnlySpan<byte> piece) => _unknownId >= 0
        ? _unknownId
        : throw new TextException($"the vocabulary has neither '{System.Text.Encoding.UTF8.GetString(piece)}' nor the unknown token '{UnknownToken}'; add one of them");
}
