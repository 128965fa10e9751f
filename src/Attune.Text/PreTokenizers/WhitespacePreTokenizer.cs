using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Patterns;
using Attune.Text.Pipeline;
using Attune.Text.Unicode;

namespace Attune.Text.PreTokenizers;

/// <summary><c>Whitespace</c>: words and runs of symbols (<c>\w+|[^\w\s]+</c>); white space vanishes.</summary>
internal sealed class WhitespacePreTokenizer : IPreTokenizer, IPieceSplitter
{
    /// <summary>Reads the component from tokenizer.json.</summary>
    public static WhitespacePreTokenizer Read(JsonView json) => new();

    /// <inheritdoc/>
    public void PreTokenize(PipelineText text) => text.Refine(this);

    /// <inheritdoc/>
    public void Split(ReadOnlySpan<byte> text, int offset, List<Piece> pieces)
    {
        const CharacterClass WordOrSpace = CharacterClass.Word | CharacterClass.Space;
        int start = 0;
        while (start < text.Length)
        {
            CharacterClass first = Scan.ClassAt(text, start, out int size) & WordOrSpace;
            int end = start + size;
            while (end < text.Length && (Scan.ClassAt(text, end, out size) & WordOrSpace) == first)
            {
                end += size;
            }

            if (first != CharacterClass.Space)
            {
                pieces.Add(new Piece(offset + start, offset + end));
            }

            start = end;
        }
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Whitespace");
        json.WriteEndObject();
    }
}
