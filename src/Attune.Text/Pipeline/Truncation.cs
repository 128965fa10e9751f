namespace Attune.Text.Pipeline;

/// <summary>Cuts drafts to a length.</summary>
internal static class Truncation
{
    /// <summary>Cuts one text or two.</summary>
    /// <param name="drafts">The texts.</param>
    /// <param name="options">How to cut.</param>
    /// <param name="added">Number of tokens that will be added.</param>
    /// <exception cref="TextException">The settings leave no room, or name a text that is not there.</exception>
    public static void Apply(Draft[] drafts, TruncationOptions options, int added)
    {
        int most = options.MaxLength - added;
        if (most < 0 || options.Stride < 0)
        {
            throw new TextException($"truncation to {options.MaxLength} tokens with a stride of {options.Stride} cannot be done: {added} tokens are added; raise the length");
        }

        int excess = drafts.Sum(draft => draft.Count) - most;
        if (excess <= 0 && most > 0)
        {
            return;
        }

        int[] lengths = [.. drafts.Select(draft => draft.Count)];
        if (most == 0)
        {
            Array.Clear(lengths);
        }
        else if (options.Strategy == TruncationStrategy.LongestFirst)
        {
            ShareOut(lengths, most);
        }
        else
        {
            int index = options.Strategy == TruncationStrategy.OnlyFirst ? 0 : 1;
            if (index >= drafts.Length || lengths[index] <= excess)
            {
                string found = index >= drafts.Length ? "there is no second text" : $"it has {lengths[index]} tokens and {excess} are too many";
                throw new TextException($"truncation to {options.MaxLength} tokens may only cut the {(index == 0 ? "first" : "second")} text, but {found}; choose another strategy");
            }

            lengths[index] -= excess;
        }

        for (int i = 0; i < drafts.Length; i++)
        {
            drafts[i] = Cut(drafts[i], lengths[i], options);
        }
    }

    /// <summary>The lengths of two texts that together fit: the shorter one keeps its length as long as it is at most half.</summary>
    private static void ShareOut(int[] lengths, int most)
    {
        if (lengths.Length == 1)
        {
            lengths[0] = most;
            return;
        }

        int shorter = Math.Min(lengths[0], lengths[1]);
        int longer = shorter > most ? shorter : Math.Max(shorter, most - shorter);
        if (shorter + longer > most)
        {
            shorter = most / 2;
            longer = shorter + (most % 2);
        }

        bool firstIsLonger = lengths[0] > lengths[1];
        lengths[0] = firstIsLonger ? longer : shorter;
        lengths[1] = firstIsLonger ? shorter : longer;
    }

    private static Draft Cut(Draft draft, int length, TruncationOptions options)
    {
        if (length >= draft.Count)
        {
            return draft;
        }

        if (length == 0)
        {
            return new Draft([], [], []) { Overflow = [draft] };
        }

        if (options.Stride >= length)
        {
            throw new TextException($"truncation leaves {length} tokens of the text, but parts are to share {options.Stride}; expected a stride below that");
        }

        var parts = new List<Draft>();
        int step = length - options.Stride;
        if (options.Side == TextSide.Right)
        {
            for (int start = 0; parts.Count == 0 || start + options.Stride < draft.Count; start += step)
            {
                parts.Add(draft.Slice(start, Math.Min(start + length, draft.Count)));
            }
        }
        else
        {
            for (int end = draft.Count; parts.Count == 0 || end > options.Stride; end -= step)
            {
                parts.Add(draft.Slice(Math.Max(end - length, 0), end));
            }
        }

        Draft first = parts[0];
        return new Draft(first.Ids, first.Offsets, first.Infos) { Overflow = parts[1..] };
    }
}
