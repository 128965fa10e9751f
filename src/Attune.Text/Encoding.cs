using Attune.Text.Pipeline;

namespace Attune.Text;

/// <summary>What a text (or a pair of texts) became: token ids and what is known of each token.</summary>
public sealed class Encoding
{
    private readonly Draft _draft;

    /// <summary>Makes an encoding of one text from ids and offsets of the same length.</summary>
    /// <exception cref="TextException">The lengths differ.</exception>
    public Encoding(int[] ids, (int Start, int End)[] offsets)
    {
        if (ids.Length != offsets.Length)
        {
            throw new TextException($"an encoding needs one offset per id, found {ids.Length} ids and {offsets.Length} offsets");
        }

        var infos = new TokenInfo[ids.Length];
        Array.Fill(infos, TokenInfo.OfText);
        _draft = new Draft(ids, offsets, infos);
    }

    internal Encoding(Draft draft) => _draft = draft;

    /// <summary>The token ids in order.</summary>
    public int[] Ids => _draft.Ids;

    /// <summary>Start and end (exclusive) of each token in Unicode code points of its text (or word); (0, 0) for a token that was added.</summary>
    public (int Start, int End)[] Offsets => _draft.Offsets;

    /// <summary>Number of tokens.</summary>
    public int Count => _draft.Ids.Length;

    /// <summary>The type of each token, as the post-processor has it: mostly 0 in the first text and 1 in the second.</summary>
    public int[] TypeIds => field ??= Array.ConvertAll(_draft.Infos, info => info.Type);

    /// <summary>1 for each token that counts, 0 for padding.</summary>
    public int[] AttentionMask => field ??= Array.ConvertAll(_draft.Infos, info => info.IsPadding ? 0 : 1);

    /// <summary>1 for each token that the post-processor or padding added, 0 for tokens of the text.</summary>
    public int[] SpecialTokensMask => field ??= Array.ConvertAll(_draft.Infos, info => info.IsAdded ? 1 : 0);

    /// <summary>The number of the piece (or given word) that each token comes from; null for an added token.</summary>
    public int?[] WordIds => field ??= Array.ConvertAll(_draft.Infos, info => info.Word < 0 ? default(int?) : info.Word);

    /// <summary>0 for each token of the first text, 1 for one of the second, null for an added token.</summary>
    public int?[] SequenceIds => field ??= Array.ConvertAll(_draft.Infos, info => info.Sequence < 0 ? default(int?) : info.Sequence);

    /// <summary>The further parts of a text that truncation cut, in the order in which it cut them; empty when nothing was cut.</summary>
    public IReadOnlyList<Encoding> Overflow => field ??= [.. _draft.Overflow.Select(part => new Encoding(part))];

    internal Draft Draft => _draft;
}
