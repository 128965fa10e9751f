namespace Attune.Data.Tokenization;

/// <summary>A piece of a text that is learnt, in Unicode code points.</summary>
/// <param name="Start">Its first code point.</param>
/// <param name="End">Its end, exclusive.</param>
/// <param name="EndOfTurn">Its end without white space at the end; the span ends here if a special token does.</param>
internal readonly record struct AnswerSpan(int Start, int End, int EndOfTurn)
{
    public AnswerSpan(int start, int end)
        : this(start, end, end)
    {
    }

    /// <summary>Whether the span and a piece have a code point in common.</summary>
    public bool Overlaps(int start, int end) => Math.Max(start, Start) < Math.Min(end, End);
}
