namespace Attune.Text.Pipeline;

/// <summary>Fills drafts to a length.</summary>
internal static class Padding
{
    /// <summary>The length that the encodings of a batch are filled to.</summary>
    /// <exception cref="TextException">A length is negative or the multiple is not positive.</exception>
    public static int LengthOf(PaddingOptions options, int longest)
    {
        int length = options.Length ?? longest;
        if (length < 0 || options.MultipleOf is <= 0)
        {
            throw new TextException($"padding to {length} tokens in multiples of {options.MultipleOf} cannot be done; expected a length from 0 and a multiple from 1");
        }

        return options.MultipleOf is { } multiple ? checked((length + multiple - 1) / multiple * multiple) : length;
    }

    /// <summary>The draft and its further parts, filled to a length.</summary>
    public static Draft Fill(Draft draft, PaddingOptions options, int length)
    {
        Draft[] overflow = [.. draft.Overflow.Select(part => Fill(part, options, length))];
        int missing = length - draft.Count;
        if (missing <= 0)
        {
            return overflow.Length == 0 ? draft : new Draft(draft.Ids, draft.Offsets, draft.Infos) { Overflow = overflow };
        }

        int[] ids = new int[missing];
        Array.Fill(ids, options.PadId);
        Draft filling = Draft.OfAdded(ids, options.PadTypeId).With(info => info with { IsPadding = true }, alsoOverflow: false);
        Draft alone = new(draft.Ids, draft.Offsets, draft.Infos);
        Draft filled = Draft.Join(options.Side == TextSide.Left ? [filling, alone] : [alone, filling]);
        return new Draft(filled.Ids, filled.Offsets, filled.Infos) { Overflow = overflow };
    }
}
