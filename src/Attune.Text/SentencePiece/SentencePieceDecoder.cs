using System.Text;
using System.Text.Json;
using Attune.Text.Decoders;

namespace Attune.Text.SentencePiece;

/// <summary>Decodes as SentencePiece does: byte pieces to characters, U+2581 to blanks, the blank put before the text away.</summary>
internal sealed class SentencePieceDecoder(SentencePieceFile file, string unknownPiece, IReadOnlyDictionary<string, byte> bytePieces) : IDecoder
{
    private const string EscapedBlank = "\u2581";

    /// <inheritdoc/>
    public void Decode(List<string> tokens)
    {
        var text = new StringBuilder();
        var bytes = new List<byte>();
        bool atStart = true;
        bool prefixSeen = false;
        foreach (string token in tokens)
        {
            if (bytePieces.TryGetValue(token, out byte value))
            {
                bytes.Add(value);
                continue;
            }

            Flush(bytes, text);
            atStart &= !prefixSeen && text.Length == 0;
            text.Append(token == unknownPiece ? file.UnknownSurface : ToSurface(token, atStart, out prefixSeen));
        }

        Flush(bytes, text);
        if (file.BlankIsSuffix && file.AddDummyPrefix && text.Length > 0 && text[^1] == ' ')
        {
            text.Length--;
        }

        tokens.Clear();
        tokens.Add(text.ToString());
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json) => throw SentencePieceModel.CannotBeWritten();

    private static void Flush(List<byte> bytes, StringBuilder text)
    {
        if (bytes.Count > 0)
        {
            // Every byte that is no part of a character becomes one replacement character.
            ReadOnlySpan<byte> rest = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes);
            while (!rest.IsEmpty)
            {
                bool isValid = Rune.DecodeFromUtf8(rest, out Rune rune, out int size) == System.Buffers.OperationStatus.Done;
                text.Append(isValid ? rune.ToString() : "\uFFFD");
                rest = rest[(isValid ? size : 1)..];
            }

            bytes.Clear();
        }
    }

    private string ToSurface(string token, bool atStart, out bool prefixSeen)
    {
        prefixSeen = false;
        if (atStart && !file.BlankIsSuffix && (file.AddDummyPrefix || file.RemoveExtraBlanks) && token.StartsWith(EscapedBlank, StringComparison.Ordinal))
        {
            // Where extra blanks are removed, all of those at the start go.
            prefixSeen = !file.RemoveExtraBlanks;
            token = token[EscapedBlank.Length..];
        }

        return token.Replace(EscapedBlank, " ", StringComparison.Ordinal);
    }
}
