using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Pipeline;
using Attune.Text.Unicode;

namespace Attune.Text.PreTokenizers;

/// <summary><c>UnicodeScripts</c>: cuts where the script changes; Hiragana and Katakana count as Han, blanks as any script.</summary>
/// <remarks>As in the reference, blanks before the first character of a script are left out.</remarks>
internal sealed class UnicodeScriptsPreTokenizer : IPreTokenizer, IPieceSplitter
{
    /// <summary>Reads the component from tokenizer.json.</summary>
    public static UnicodeScriptsPreTokenizer Read(JsonView json) => new();

    /// <inheritdoc/>
    public void PreTokenize(PipelineText text) => text.Refine(this);

    /// <inheritdoc/>
    public void Split(ReadOnlySpan<byte> text, int offset, List<Piece> pieces)
    {
        int start = -1;
        byte last = 0;
        for (int i = 0; i < text.Length;)
        {
            byte script = CharacterSets.Scripts[Utf8.Decode(text, i, out int size)];
            if (script != 0 && script != last)
            {
                if (start >= 0)
                {
                    pieces.Add(new Piece(offset + start, offset + i));
                }

                start = i;
                last = script;
            }

            i += size;
        }

        if (start >= 0)
        {
            pieces.Add(new Piece(offset + start, offset + text.Length));
        }
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "UnicodeScripts");
        json.WriteEndObject();
    }
}
