using System.Runtime.InteropServices;
using Attune.Text.Unicode;

namespace Attune.Text.Pipeline;

/// <summary>A text on its way through the pipeline: its bytes, where they came from, and the pieces it has been cut into.</summary>
/// <remarks>
/// Most tokenizers leave the text as it is; then no byte carries a range of its own. The byte-level alphabet is not written out either:
/// <see cref="IsByteLevel"/> says that every byte of a piece stands for its mapped character, which models read directly.
/// </remarks>
internal sealed class PipelineText
{
    private byte[] _original = new byte[256];
    private AlignedText _aligned = new();
    private AlignedText _next = new();
    private List<Piece> _pieces = [];
    private List<Piece> _refined = [];
    private int _length;

    /// <summary>The original text in UTF-8.</summary>
    public ReadOnlySpan<byte> Original => _original.AsSpan(0, _length);

    /// <summary>The text as it is now; pieces are ranges of it.</summary>
    public ReadOnlySpan<byte> Bytes => IsAligned ? _aligned.Bytes : Original;

    /// <summary>The pieces in order.</summary>
    public ReadOnlySpan<Piece> Pieces => CollectionsMarshal.AsSpan(_pieces);

    /// <summary>Whether the text was changed, so that its bytes carry ranges of the original.</summary>
    public bool IsAligned { get; private set; }

    /// <summary>Whether every byte of a text piece stands for its character of the byte-level alphabet.</summary>
    public bool IsByteLevel { get; set; }

    /// <summary>Memory held, in bytes.</summary>
    public long HeldBytes => _original.LongLength + (9L * (_aligned.Length + _next.Length)) + (12L * (_pieces.Capacity + _refined.Capacity));

    /// <summary>Starts with a text as one piece; unpaired surrogates become U+FFFD.</summary>
    public void Start(string text)
    {
        int most = System.Text.Encoding.UTF8.GetMaxByteCount(text.Length);
        if (_original.Length < most)
        {
            _original = new byte[Math.Max(most, 256)];
        }

        _length = System.Text.Encoding.UTF8.GetBytes(text, _original);
        _aligned.Limit = _next.Limit = AlignedText.LimitFor(_length);
        IsAligned = false;
        IsByteLevel = false;
        _pieces.Clear();
        if (_length > 0)
        {
            _pieces.Add(new Piece(0, _length));
        }
    }

    /// <summary>Replaces every text piece by what a splitter makes of it; empty pieces vanish.</summary>
    public void Refine(IPieceSplitter splitter)
    {
        WriteOutByteLevel();
        ReadOnlySpan<byte> bytes = Bytes;
        _refined.Clear();
        foreach (Piece piece in Pieces)
        {
            if (piece.IsText)
            {
                splitter.Split(bytes[piece.Start..piece.End], piece.Start, _refined);
            }
            else
            {
                _refined.Add(piece);
            }
        }

        (_pieces, _refined) = (_refined, _pieces);
    }

    /// <summary>Rewrites every text piece; pieces that become empty vanish.</summary>
    public void Rewrite(IPieceRewriter rewriter)
    {
        WriteOutByteLevel();
        if (!IsAligned)
        {
            _aligned.Clear();
            _aligned.AppendOriginal(Original, 0);
            IsAligned = true;
        }

        _next.Clear();
        _refined.Clear();
        foreach (Piece piece in Pieces)
        {
            int start = _next.Length;
            if (piece.IsText)
            {
                rewriter.Rewrite(_aligned, piece.Start, piece.End, _next);
            }
            else
            {
                _next.Append(_aligned, piece.Start, piece.End);
            }

            if (_next.Length > start || !piece.IsText)
            {
                _refined.Add(new Piece(start, _next.Length, piece.Id));
            }
        }

        (_aligned, _next) = (_next, _aligned);
        (_pieces, _refined) = (_refined, _pieces);
    }

    /// <summary>Writes the characters of the byte-level alphabet out, for components that look at them.</summary>
    public void WriteOutByteLevel()
    {
        if (IsByteLevel)
        {
            IsByteLevel = false;
            Rewrite(ByteLevelRewriter.Instance);
        }
    }

    /// <summary>The range of original bytes that a range of <see cref="Bytes"/> came from.</summary>
    public (int Start, int End) ToOriginal(int start, int end)
    {
        if (!IsAligned)
        {
            return (start, end);
        }

        return start < end
            ? (_aligned.Starts[start], _aligned.Ends[end - 1])
            : (_aligned.Starts[start], _aligned.Starts[start]);
    }

    private sealed class ByteLevelRewriter : IPieceRewriter
    {
        public static readonly ByteLevelRewriter Instance = new();

        public void Rewrite(AlignedText source, int start, int end, AlignedText target)
        {
            for (int i = start; i < end; i++)
            {
                target.Append(ByteAlphabet.ToCharacter(source.Bytes[i]), source, i);
            }
        }
    }
}

/// <summary>Cuts a text piece into pieces.</summary>
internal interface IPieceSplitter
{
    /// <summary>Adds the parts of a piece that starts at <paramref name="offset"/>; parts are not empty.</summary>
    void Split(ReadOnlySpan<byte> text, int offset, List<Piece> pieces);
}

/// <summary>Changes the text of a piece.</summary>
internal interface IPieceRewriter
{
    /// <summary>Appends what becomes of the bytes from <paramref name="start"/> to <paramref name="end"/>.</summary>
    void Rewrite(AlignedText source, int start, int end, AlignedText target);
}
