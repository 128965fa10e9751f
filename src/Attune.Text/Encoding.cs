namespace Attune.Text;

/// <summary>What a text became: token ids and the place of each token in the text.</summary>
public sealed class Encoding
{
    /// <summary>Makes an encoding from ids and offsets of the same length.</summary>
    /// <exception cref="TextException">The lengths differ.</exception>
    public Encoding(int[] ids, (int Start, int End)[] offsets)
    {
        if (ids.Length != offsets.Length)
        {
            throw new TextException($"an encoding needs one offset per id, found {ids.Length} ids and {offsets.Length} offsets");
        }

        Ids = ids;
        Offsets = offsets;
    }

    /// <summary>The token ids in order.</summary>
    public int[] Ids { get; }

    /// <summary>Start and end (exclusive) of each token in Unicode code points of the original text; (0, 0) for a token that the post-processor added.</summary>
    public (int Start, int End)[] Offsets { get; }

    /// <summary>Number of tokens.</summary>
    public int Count => Ids.Length;
}
