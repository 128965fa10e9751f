using System.Text;
using Attune.Text.Models;
using Attune.Text.SentencePiece;
using Attune.Text.Unicode;

namespace Attune.Text.Pipeline;

/// <summary>What one thread needs to encode: buffers, the model's session; used again for the next text.</summary>
internal sealed class EncodeState(TokenizerParts parts)
{
    private readonly PipelineText _text = new();
    private readonly TokenList _tokens = new();
    private IModelSession? _session;
    private IModelSession? _byteLevelSession;
    private int[] _codePoints = [];

    /// <summary>Memory held, in bytes.</summary>
    public long HeldBytes => _text.HeldBytes + _tokens.HeldBytes + (4L * _codePoints.Length);

    /// <summary>Encodes a text up to the post-processor; offsets are in code points.</summary>
    public TokenList Encode(string text)
    {
        _text.Start(text);
        _tokens.Clear();
        Cut();
        bool byteLevel = _text.IsByteLevel && parts.Model.ReadsByteLevel;
        if (!byteLevel)
        {
            _text.WriteOutByteLevel();
        }

        IModelSession session = byteLevel
            ? _byteLevelSession ??= parts.Model.CreateSession(byteLevel: true)
            : _session ??= parts.Model.CreateSession(byteLevel: false);
        ReadOnlySpan<byte> bytes = _text.Bytes;
        int word = 0;
        foreach (Piece piece in _text.Pieces)
        {
            int from = _tokens.Count;
            if (piece.IsText)
            {
                session.Tokenize(bytes[piece.Start..piece.End], piece.Start, _tokens);
            }
            else
            {
                _tokens.Add(piece.Id, piece.Start, piece.End);
            }

            _tokens.MarkWord(from, word++);
        }

        ConvertOffsets();
        return _tokens;
    }

    /// <summary>The ids of the best segmentations of a text without added tokens; null when it has some, or is empty once normalised.</summary>
    public IReadOnlyList<int[]>? FindBest(SentencePieceTextModel model, string text, int count)
    {
        _text.Start(text);
        Cut();
        return _text.Pieces is [{ IsText: true } piece] ? model.FindBest(_text.Bytes[piece.Start..piece.End], count) : null;
    }

    private void Cut()
    {
        if (!parts.Added.Verbatim.IsEmpty)
        {
            _text.Refine(parts.Added.Verbatim);
        }

        if (parts.Normalizer is not null && !LeavesUnchanged())
        {
            _text.Rewrite(parts.Normalizer);
        }

        if (!parts.Added.Normalized.IsEmpty)
        {
            _text.Refine(parts.Added.Normalized);
        }

        parts.PreTokenizer?.PreTokenize(_text);
    }

    private bool LeavesUnchanged()
    {
        foreach (Piece piece in _text.Pieces)
        {
            if (piece.IsText && !parts.Normalizer!.LeavesUnchanged(_text.Bytes[piece.Start..piece.End]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Bytes of the text under way to code points of the original; a token that covers a part of a character has the whole character.</summary>
    private void ConvertOffsets()
    {
        ReadOnlySpan<byte> original = _text.Original;
        bool isAscii = Ascii.IsValid(original);
        if (isAscii && !_text.IsAligned)
        {
            return;
        }

        ReadOnlySpan<int> codePoints = isAscii ? default : CountCodePoints(original);
        Span<int> starts = _tokens.Starts;
        Span<int> ends = _tokens.Ends;
        for (int i = 0; i < starts.Length; i++)
        {
            (int start, int end) = _text.ToOriginal(starts[i], ends[i]);
            starts[i] = isAscii ? start : codePoints[start];
            ends[i] = isAscii ? end : end > start ? codePoints[end - 1] + 1 : codePoints[end];
        }
    }

    private Span<int> CountCodePoints(ReadOnlySpan<byte> text)
    {
        if (_codePoints.Length <= text.Length)
        {
            _codePoints = new int[text.Length + (text.Length / 4) + 1];
        }

        int index = -1;
        for (int i = 0; i < text.Length; i++)
        {
            index += Utf8.IsContinuation(text[i]) ? 0 : 1;
            _codePoints[i] = index;
        }

        _codePoints[text.Length] = index + 1;
        return _codePoints;
    }
}
