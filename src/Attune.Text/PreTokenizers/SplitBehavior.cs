using Attune.Text.Json;
using Attune.Text.Patterns;
using Attune.Text.Pipeline;

namespace Attune.Text.PreTokenizers;

/// <summary>What becomes of the matches of a pattern that cuts a text; the members are the names in tokenizer.json.</summary>
internal enum SplitBehavior
{
    /// <summary>Matches vanish.</summary>
    Removed,

    /// <summary>Matches are pieces.</summary>
    Isolated,

    /// <summary>A match ends the piece before it.</summary>
    MergedWithPrevious,

    /// <summary>A match starts the piece after it.</summary>
    MergedWithNext,

    /// <summary>Neighbouring matches are one piece.</summary>
    Contiguous,
}

/// <summary>Cuts pieces at the matches of a pattern.</summary>
/// <param name="pattern">The pattern.</param>
/// <param name="behavior">What becomes of matches.</param>
/// <param name="invert">Whether the text between matches counts as the match.</param>
internal sealed class PatternSplitter(ISplitPattern pattern, SplitBehavior behavior, bool invert) : IPieceSplitter
{
    [ThreadStatic]
    private static List<(int Start, int End)>? _matches;

    /// <summary>Reads the behaviour at a place.</summary>
    public static SplitBehavior ReadBehavior(JsonView json) =>
        Enum.TryParse(json.AsString(), out SplitBehavior behavior) && Enum.IsDefined(behavior) && !char.IsAsciiDigit(json.AsString()[0])
            ? behavior
            : throw json.Error($"expected one of {string.Join(", ", Enum.GetNames<SplitBehavior>())}, found '{json.AsString()}'");

    /// <inheritdoc/>
    public void Split(ReadOnlySpan<byte> text, int offset, List<Piece> pieces)
    {
        if (pattern is ICoveringPattern covering && behavior == SplitBehavior.Isolated && !invert)
        {
            SplitCovering(covering, text, offset, pieces);
            return;
        }

        List<(int Start, int End)> matches = _matches ??= [];
        matches.Clear();
        pattern.FindAll(text, matches);
        var joiner = new Joiner(behavior, invert, offset, pieces);
        int position = 0;
        foreach ((int start, int end) in matches)
        {
            if (start > position)
            {
                joiner.Add(position, start, isMatch: false);
            }

            joiner.Add(start, end, isMatch: true);
            position = end;
        }

        if (position < text.Length)
        {
            joiner.Add(position, text.Length, isMatch: false);
        }

        joiner.Finish();
    }

    private static void SplitCovering(ICoveringPattern covering, ReadOnlySpan<byte> text, int offset, List<Piece> pieces)
    {
        for (int start = 0; start < text.Length;)
        {
            int end = covering.MatchEnd(text, start);
            pieces.Add(new Piece(offset + start, offset + end));
            start = end;
        }
    }

    /// <summary>Joins the stretches of a text to pieces.</summary>
    private struct Joiner(SplitBehavior behavior, bool invert, int offset, List<Piece> pieces)
    {
        private int _start;
        private int _end;
        private bool _lastIsMatch;

        public void Add(int start, int end, bool isMatch)
        {
            bool match = isMatch != invert;
            bool join = behavior switch
            {
                SplitBehavior.MergedWithPrevious => match && !_lastIsMatch,
                SplitBehavior.MergedWithNext => !match && _lastIsMatch,
                SplitBehavior.Contiguous => match == _lastIsMatch,
                _ => false,
            };
            if (!join || _end == _start)
            {
                Finish();
                _start = start;
            }

            _end = end;
            _lastIsMatch = match;
            if (behavior == SplitBehavior.Removed && match)
            {
                _start = end;
            }
        }

        public void Finish()
        {
            if (_end > _start)
            {
                pieces.Add(new Piece(offset + _start, offset + _end));
            }

            _start = _end;
        }
    }
}
