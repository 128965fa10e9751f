using System.Text.Json;
using Attune.Text.Json;

namespace Attune.Text.Decoders;

/// <summary><c>WordPiece</c>: joins pieces that continue a word and puts blanks between words.</summary>
/// <param name="prefix">Prefix of pieces that continue a word.</param>
/// <param name="cleanup">Whether blanks before punctuation and contractions go.</param>
internal sealed class WordPieceDecoder(string prefix, bool cleanup) : IDecoder
{
    /// <summary>Reads the component from tokenizer.json.</summary>
    public static WordPieceDecoder Read(JsonView json) => new(json["prefix"].AsString(), json["cleanup"].AsBoolean());

    /// <summary>Takes the blanks before punctuation and contractions of English away.</summary>
    public static string CleanUp(string text) => text
        .Replace(" .", ".", StringComparison.Ordinal)
        .Replace(" ?", "?", StringComparison.Ordinal)
        .Replace(" !", "!", StringComparison.Ordinal)
        .Replace(" ,", ",", StringComparison.Ordinal)
        .Replace(" ' ", "'", StringComparison.Ordinal)
        .Replace(" n't", "n't", StringComparison.Ordinal)
        .Replace(" 'm", "'m", StringComparison.Ordinal)
        .Replace(" do not", " don't", StringComparison.Ordinal)
        .Replace(" 's", "'s", StringComparison.Ordinal)
        .Replace(" 've", "'ve", StringComparison.Ordinal)
        .Replace(" 're", "'re", StringComparison.Ordinal);

    /// <inheritdoc/>
    public void Decode(List<string> tokens)
    {
        for (int i = 0; i < tokens.Count; i++)
        {
            if (i > 0)
            {
                tokens[i] = tokens[i].StartsWith(prefix, StringComparison.Ordinal) ? tokens[i][prefix.Length..] : " " + tokens[i];
            }

            if (cleanup)
            {
                tokens[i] = CleanUp(tokens[i]);
            }
        }
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "WordPiece");
        json.WriteString("prefix", prefix);
        json.WriteBoolean("cleanup", cleanup);
        json.WriteEndObject();
    }
}
