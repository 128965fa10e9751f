using System.Text.Json;
using Attune.Text.Json;

namespace Attune.Text.Decoders;

/// <summary><c>CTC</c>: drops repetitions and padding, as connectionist temporal classification writes them.</summary>
/// <param name="padToken">The token that stands for nothing.</param>
/// <param name="wordDelimiter">The token between words.</param>
/// <param name="cleanup">Whether delimiters become blanks and blanks before punctuation go.</param>
internal sealed class CtcDecoder(string padToken, string wordDelimiter, bool cleanup) : IDecoder
{
    /// <summary>Reads the component from tokenizer.json.</summary>
    public static CtcDecoder Read(JsonView json) =>
        new(json["pad_token"].AsString(), json["word_delimiter_token"].AsString(), json["cleanup"].AsBoolean());

    /// <inheritdoc/>
    public void Decode(List<string> tokens)
    {
        int count = 0;
        string? last = null;
        foreach (string token in tokens.ToArray())
        {
            if (token == last)
            {
                continue;
            }

            last = token;
            string text = padToken.Length == 0 ? token : token.Replace(padToken, "", StringComparison.Ordinal);
            if (cleanup)
            {
                text = WordPieceDecoder.CleanUp(text);
                text = wordDelimiter.Length == 0 ? text : text.Replace(wordDelimiter, " ", StringComparison.Ordinal);
            }

            if (text.Length > 0)
            {
                tokens[count++] = text;
            }
        }

        tokens.RemoveRange(count, tokens.Count - count);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "CTC");
        json.WriteString("pad_token", padToken);
        json.WriteString("word_delimiter_token", wordDelimiter);
        json.WriteBoolean("cleanup", cleanup);
        json.WriteEndObject();
    }
}
