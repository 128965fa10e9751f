using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Pipeline;
using Attune.Text.Unicode;

namespace Attune.Text.PreTokenizers;

/// <summary><c>BertPreTokenizer</c>: cuts at white space, which vanishes, and cuts every punctuation character out.</summary>
internal sealed class BertPreTokenizer : IPreTokenizer, IPieceSplitter
{
    /// <summary>Reads the component from tokenizer.json.</summary>
    public static BertPreTokenizer Read(JsonView json) => new();

    /// <inheritdoc/>
    public void PreTokenize(PipelineText text) => text.Refine(this);

    /// <inheritdoc/>
    public void Split(ReadOnlySpan<byte> text, int offset, List<Piece> pieces)
    {
        int start = 0;
        for (int i = 0; i < text.Length;)
        {
            int codePoint = Utf8.Decode(text, i, out int size);
            bool isPunctuation = CharacterSets.Punctuation.Contains(codePoint);
            if (isPunctuation || CharacterClasses.IsSpace(codePoint))
            {
                if (i > start)
                {
                    pieces.Add(new Piece(offset + start, offset + i));
                }

                if (isPunctuation)
                {
                    pieces.Add(new Piece(offset + i, offset + i + size));
                }

                start = i + size;
            }

            i += size;
        }

        if (start < text.Length)
        {
            pieces.Add(new Piece(offset + start, offset + text.Length));
        }
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "BertPreTokenizer");
        json.WriteEndObject();
    }
}
