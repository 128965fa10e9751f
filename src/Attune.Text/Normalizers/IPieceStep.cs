using Attune.Text.Pipeline;

namespace Attune.Text.Normalizers;

/// <summary>A step of a normaliser: a rewriter that knows which texts it leaves alone.</summary>
internal interface IPieceStep : IPieceRewriter
{
    /// <summary>Whether a text certainly stays as it is; false when that takes more than a look.</summary>
    bool LeavesUnchanged(ReadOnlySpan<byte> text);
}

/// <summary>Replaces or removes characters one by one.</summary>
/// <param name="map">The character that takes the place of another; <see cref="Removed"/> for none.</param>
/// <param name="leavesUnchanged">Whether a text certainly stays as it is.</param>
internal sealed class CharacterMap(Func<int, int> map, CharacterMap.Look leavesUnchanged) : IPieceStep
{
    /// <summary>What the map gives for a character that vanishes.</summary>
    public const int Removed = -1;

    /// <summary>Looks at a text.</summary>
    public delegate bool Look(ReadOnlySpan<byte> text);

    /// <inheritdoc/>
    public bool LeavesUnchanged(ReadOnlySpan<byte> text) => leavesUnchanged(text);

    /// <inheritdoc/>
    public void Rewrite(AlignedText source, int start, int end, AlignedText target)
    {
        for (int i = start; i < end;)
        {
            int codePoint = map(Unicode.Utf8.Decode(source.Bytes, i, out int size));
            if (codePoint != Removed)
            {
                target.Append(codePoint, source, i);
            }

            i += size;
        }
    }
}
