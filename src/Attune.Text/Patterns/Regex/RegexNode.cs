namespace Attune.Text.Patterns.Regex;

/// <summary>A part of a parsed regular expression.</summary>
internal abstract record RegexNode
{
    /// <summary>Fewest characters it matches.</summary>
    public abstract int MinWidth { get; }

    /// <summary>Most characters it matches; null when there is no limit.</summary>
    public abstract int? MaxWidth { get; }
}

/// <summary>One character of a set.</summary>
internal sealed record SetNode(CharacterSet Set) : RegexNode
{
    public override int MinWidth => 1;

    public override int? MaxWidth => 1;
}

/// <summary>Parts one after the other; none for the empty expression.</summary>
internal sealed record SequenceNode(IReadOnlyList<RegexNode> Parts) : RegexNode
{
    public override int MinWidth { get; } = RegexWidth.Sum(Parts.Select(part => (int?)part.MinWidth)) ?? int.MaxValue;

    public override int? MaxWidth { get; } = RegexWidth.Sum(Parts.Select(part => part.MaxWidth));
}

/// <summary>The first of several that leads to a match.</summary>
internal sealed record ChoiceNode(IReadOnlyList<RegexNode> Options) : RegexNode
{
    public override int MinWidth { get; } = Options.Min(option => option.MinWidth);

    public override int? MaxWidth { get; } = Options.Any(option => option.MaxWidth is null) ? null : Options.Max(option => option.MaxWidth);
}

/// <summary>How a repetition chooses its count.</summary>
internal enum RepeatMode
{
    /// <summary>As often as possible.</summary>
    Greedy,

    /// <summary>As seldom as possible.</summary>
    Lazy,

    /// <summary>As often as possible, never given back.</summary>
    Possessive,
}

/// <summary>A repetition; <paramref name="Max"/> null for no limit.</summary>
internal sealed record RepeatNode(RegexNode Body, int Min, int? Max, RepeatMode Mode) : RegexNode
{
    public override int MinWidth { get; } = RegexWidth.Times(Body.MinWidth, Min) ?? int.MaxValue;

    public override int? MaxWidth { get; } = RegexWidth.Times(Body.MaxWidth, Max);
}

/// <summary>A group that remembers what it matched.</summary>
internal sealed record CaptureNode(RegexNode Body, int Index) : RegexNode
{
    public override int MinWidth => Body.MinWidth;

    public override int? MaxWidth => Body.MaxWidth;
}

/// <summary>A group whose match is never changed afterwards.</summary>
internal sealed record AtomicNode(RegexNode Body) : RegexNode
{
    public override int MinWidth => Body.MinWidth;

    public override int? MaxWidth => Body.MaxWidth;
}

/// <summary>A condition on the text before or behind a position.</summary>
internal sealed record LookNode(RegexNode Body, bool Behind, bool Negative) : RegexNode
{
    public override int MinWidth => 0;

    public override int? MaxWidth => 0;
}

/// <summary>What a group matched, again.</summary>
internal sealed record BackReferenceNode(int Index) : RegexNode
{
    public override int MinWidth => 0;

    public override int? MaxWidth => null;
}

/// <summary>A condition on a position.</summary>
internal enum AnchorKind
{
    /// <summary>Start of the text.</summary>
    TextStart,

    /// <summary>End of the text.</summary>
    TextEnd,

    /// <summary>End of the text, or before a line feed that ends it.</summary>
    TextEndOrLastLine,

    /// <summary>Start of a line.</summary>
    LineStart,

    /// <summary>End of a line.</summary>
    LineEnd,

    /// <summary>Between a word character and another one.</summary>
    WordBoundary,

    /// <summary>Not there.</summary>
    NoWordBoundary,
}

/// <summary>An anchor.</summary>
internal sealed record AnchorNode(AnchorKind Kind) : RegexNode
{
    public override int MinWidth => 0;

    public override int? MaxWidth => 0;
}

/// <summary>Widths with overflow as no limit.</summary>
internal static class RegexWidth
{
    public static int? Sum(IEnumerable<int?> widths)
    {
        long sum = 0;
        foreach (int? width in widths)
        {
            if (width is null || (sum += width.Value) > int.MaxValue)
            {
                return null;
            }
        }

        return (int)sum;
    }

    public static int? Times(int? width, int? count) =>
        width is { } w && count is { } c && (long)w * c <= int.MaxValue ? w * c : width == 0 ? 0 : null;
}
