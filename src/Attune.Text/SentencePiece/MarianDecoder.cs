using System.Text;
using System.Text.Json;
using Attune.Text.Decoders;

namespace Attune.Text.SentencePiece;

/// <summary>Decodes the runs between special tokens as SentencePiece does, with a blank behind each special token and none at the ends.</summary>
internal sealed class MarianDecoder(SentencePieceDecoder pieces, IEnumerable<string> special) : IDecoder
{
    private readonly HashSet<string> _special = [.. special];

    /// <inheritdoc/>
    public void Decode(List<string> tokens)
    {
        var text = new StringBuilder();
        var run = new List<string>();
        foreach (string token in tokens)
        {
            if (_special.Contains(token))
            {
                Flush(run, text);
                text.Append(token).Append(' ');
            }
            else
            {
                run.Add(token);
            }
        }

        Flush(run, text);
        tokens.Clear();
        tokens.Add(text.ToString().Trim());
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json) => throw SentencePieceModel.CannotBeWritten();

    private void Flush(List<string> run, StringBuilder text)
    {
        pieces.Decode(run);
        text.AppendJoin("", run);
        run.Clear();
    }
}
