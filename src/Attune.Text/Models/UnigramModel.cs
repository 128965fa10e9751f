using System.Globalization;
using System.Text.Json;
using Attune.Text.Json;

namespace Attune.Text.Models;

/// <summary><c>Unigram</c>: the segmentation whose log probabilities add up highest (Kudo 2018).</summary>
internal sealed class UnigramModel : ITokenizerModel
{
    // What an unknown character costs beyond the least likely token, as in SentencePiece.
    private const double UnknownPenalty = 10;

    private readonly UnigramOptions _options;

    /// <summary>Makes a model.</summary>
    /// <param name="pieces">Tokens with their log probabilities; the index is the id.</param>
    /// <param name="options">Options.</param>
    /// <param name="place">Where the model stands, for errors.</param>
    /// <exception cref="TextException">A token is given twice, or the unknown token is outside the vocabulary.</exception>
    public UnigramModel(IReadOnlyList<(string Token, double Score)> pieces, UnigramOptions options, string place)
    {
        if (options.UnknownId is { } unknown && unknown >= pieces.Count)
        {
            throw new TextException($"{place}.unk_id: expected an id below {pieces.Count}, found {unknown}");
        }

        Vocabulary = new TokenTable([.. pieces.Select((piece, id) => (piece.Token, id))], place + ".vocab");
        Scores = [.. pieces.Select(piece => piece.Score)];
        _options = options;
        UnknownScore = (Scores.Length == 0 ? 0 : Scores.Min()) - UnknownPenalty;
        for (int id = 0; id < Vocabulary.Size; id++)
        {
            if (!Vocabulary[id].IsEmpty)
            {
                Trie.Add(Vocabulary[id], id);
            }
        }

        for (int i = 0; i < 256; i++)
        {
            ByteIds[i] = options.ByteFallback ? Vocabulary.Find(string.Create(CultureInfo.InvariantCulture, $"<0x{i:X2}>")) : -1;
        }
    }

    /// <inheritdoc/>
    public TokenTable Vocabulary { get; }

    /// <inheritdoc/>
    public bool ReadsByteLevel => false;

    /// <summary>Log probabilities by id.</summary>
    public double[] Scores { get; }

    /// <summary>Log probability of an unknown character.</summary>
    public double UnknownScore { get; }

    /// <summary>Id of the unknown token; null when there is none.</summary>
    public int? UnknownId => _options.UnknownId;

    /// <summary>The tokens by their prefixes.</summary>
    public ByteTrie Trie { get; } = new();

    /// <summary>Ids of the byte pieces <c>&lt;0xNN&gt;</c>; -1 where there is none or they are not used.</summary>
    public int[] ByteIds { get; } = new int[256];

    /// <summary>Reads the model from tokenizer.json.</summary>
    public static UnigramModel Read(JsonView json)
    {
        JsonView vocabulary = json["vocab"];
        var pieces = new List<(string, double)>(vocabulary.ArrayCount());
        foreach (JsonView piece in vocabulary.Items())
        {
            if (piece.ArrayCount() != 2)
            {
                throw piece.Error($"expected a token and its score, found {piece.ArrayCount()} values");
            }

            pieces.Add((piece.At(0).AsString(), piece.At(1).AsDouble()));
        }

        var options = new UnigramOptions
        {
            UnknownId = json["unk_id"] is { IsAbsent: false } unknown ? unknown.AsCount() : null,
            ByteFallback = json.OptionalBoolean("byte_fallback"),
        };
        return new UnigramModel(pieces, options, json.Place);
    }

    /// <inheritdoc/>
    public IModelSession CreateSession(bool byteLevel) => new UnigramSession(this);

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Unigram");
        if (_options.UnknownId is { } unknown)
        {
            json.WriteNumber("unk_id", unknown);
        }
        else
        {
            json.WriteNull("unk_id");
        }

        json.WriteStartArray("vocab");
        for (int id = 0; id < Scores.Length; id++)
        {
            json.WriteStartArray();
            json.WriteStringValue(Vocabulary[id]);
            json.WriteNumberValue(Scores[id]);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteBoolean("byte_fallback", _options.ByteFallback);
        json.WriteEndObject();
    }
}

/// <summary>Options of a Unigram model; names as in tokenizer.json.</summary>
internal sealed record UnigramOptions
{
    /// <summary>Id of the unknown token; null when there is none.</summary>
    public int? UnknownId { get; init; }

    /// <summary>Whether unknown characters become the pieces <c>&lt;0xNN&gt;</c> of their bytes.</summary>
    public bool ByteFallback { get; init; }
}
