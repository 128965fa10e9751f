using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Pipeline;
using Attune.Text.Unicode;

namespace Attune.Text.PreTokenizers;

/// <summary><c>FixedLength</c>: cuts into pieces of a number of characters; the last may be shorter.</summary>
internal sealed class FixedLengthPreTokenizer(int length) : IPreTokenizer, IPieceSplitter
{
    /// <summary>Reads the component from tokenizer.json.</summary>
    public static FixedLengthPreTokenizer Read(JsonView json)
    {
        int length = json["length"] is { IsAbsent: false } given ? given.AsCount() : 5;
        return length > 0 ? new FixedLengthPreTokenizer(length) : throw json["length"].Error("expected at least 1, found 0");
    }

    /// <inheritdoc/>
    public void PreTokenize(PipelineText text) => text.Refine(this);

    /// <inheritdoc/>
    public void Split(ReadOnlySpan<byte> text, int offset, List<Piece> pieces)
    {
        for (int start = 0; start < text.Length;)
        {
            int end = start;
            for (int count = 0; count < length && end < text.Length; count++)
            {
                Utf8.Decode(text, end, out int size);
                end += size;
            }

            pieces.Add(new Piece(offset + start, offset + end));
            start = end;
        }
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "FixedLength");
        json.WriteNumber("length", length);
        json.WriteEndObject();
    }
}
