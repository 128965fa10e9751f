namespace Attune.Text.Pipeline;

/// <summary>What is known of a token besides its id and place.</summary>
/// <param name="Word">Number of its piece or word; -1 for none.</param>
/// <param name="Type">Its type id.</param>
/// <param name="Sequence">Number of its text; -1 for none.</param>
/// <param name="IsAdded">Whether it does not come from a text.</param>
/// <param name="IsPadding">Whether it only fills.</param>
internal readonly record struct TokenInfo(int Word, int Type, sbyte Sequence, bool IsAdded, bool IsPadding)
{
    /// <summary>A token of the first text that belongs to no word.</summary>
    public static readonly TokenInfo OfText = new(Word: -1, Type: 0, Sequence: 0, IsAdded: false, IsPadding: false);

    /// <summary>A token that the post-processor adds.</summary>
    public static TokenInfo Added(int type) => new(Word: -1, type, Sequence: -1, IsAdded: true, IsPadding: false);
}

/// <summary>An encoding on its way from the model to the caller, with the parts that truncation cut off.</summary>
internal sealed class Draft(int[] ids, (int Start, int End)[] offsets, TokenInfo[] infos)
{
    /// <summary>A draft without tokens.</summary>
    public static Draft Empty => new([], [], []);

    /// <summary>Token ids.</summary>
    public int[] Ids => ids;

    /// <summary>Start and end of each token in code points of its text.</summary>
    public (int Start, int End)[] Offsets => offsets;

    /// <summary>What else is known of each token.</summary>
    public TokenInfo[] Infos => infos;

    /// <summary>Number of tokens.</summary>
    public int Count => ids.Length;

    /// <summary>Further parts of the text.</summary>
    public IReadOnlyList<Draft> Overflow { get; init; } = [];

    /// <summary>A draft of tokens that come from no text.</summary>
    public static Draft OfAdded(int[] ids, int type)
    {
        var infos = new TokenInfo[ids.Length];
        Array.Fill(infos, TokenInfo.Added(type));
        return new Draft(ids, new (int, int)[ids.Length], infos);
    }

    /// <summary>Drafts one behind the other; every part of one is joined with every part of the others, as in the reference.</summary>
    public static Draft Join(IReadOnlyList<Draft> drafts)
    {
        if (drafts.Count == 1)
        {
            return drafts[0];
        }

        if (drafts.All(draft => draft.Overflow.Count == 0))
        {
            return new Draft(
                [.. drafts.SelectMany(draft => draft.Ids)],
                [.. drafts.SelectMany(draft => draft.Offsets)],
                [.. drafts.SelectMany(draft => draft.Infos)]);
        }

        return drafts.Aggregate((whole, next) => whole.Append(next));
    }

    /// <summary>The same tokens with other infos.</summary>
    public Draft With(Func<TokenInfo, TokenInfo> change, bool alsoOverflow) => new(ids, offsets, Array.ConvertAll(infos, info => change(info)))
    {
        Overflow = alsoOverflow ? [.. Overflow.Select(part => part.With(change, alsoOverflow))] : Overflow,
    };

    /// <summary>Every part put between added tokens.</summary>
    public Draft Surround(Draft before, Draft behind) => new(
        [.. before.Ids, .. ids, .. behind.Ids],
        [.. before.Offsets, .. offsets, .. behind.Offsets],
        [.. before.Infos, .. infos, .. behind.Infos])
    {
        Overflow = [.. Overflow.Select(part => part.Surround(before, behind))],
    };

    /// <summary>A range of the tokens, without further parts.</summary>
    public Draft Slice(int start, int end) => new(ids[start..end], offsets[start..end], infos[start..end]);

    private Draft Append(Draft other)
    {
        var overflow = new List<Draft>();
        foreach (Draft part in Overflow)
        {
            overflow.Add(part.Append(other));
            overflow.AddRange(other.Overflow.Select(part.Append));
        }

        overflow.AddRange(other.Overflow.Select(Append));
        return new Draft([.. ids, .. other.Ids], [.. offsets, .. other.Offsets], [.. infos, .. other.Infos]) { Overflow = overflow };
    }
}
