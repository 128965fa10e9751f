namespace Attune.Retrieval.Chunking;

/// <summary>Cuts a text at the coarsest separators that make pieces small enough, and puts neighbouring pieces together again up to a size.</summary>
/// <remarks>
/// A text is cut at the first separator that it has; pieces are put together while they fit; what is put together loses white space at its ends. The next chunk begins with as many of the last pieces as
/// the overlap has room for and the next piece leaves room for. A piece that is too large itself is cut at the separators behind that one. Cost: linear in the text for each separator.
/// </remarks>
/// <param name="size">Units of a chunk at most; at least 1.</param>
/// <param name="overlap">Units that neighbouring chunks share at most; from 0 to less than <paramref name="size"/>.</param>
/// <param name="separators">The separators, the coarsest first; an empty one cuts between code points. Null for blank lines, lines, blanks and code points.</param>
public sealed class RecursiveSplitter(int size, int overlap, IReadOnlyList<string>? separators = null)
{
    private readonly IReadOnlyList<string> _separators = separators ?? ["\n\n", "\n", " ", ""];

    /// <summary>The chunks of a text in order.</summary>
    /// <param name="text">The text.</param>
    /// <param name="units">What sizes are counted in, of this text.</param>
    public IReadOnlyList<TextSpan> Split(string text, TextUnits units)
    {
        var chunks = new List<TextSpan>();
        Split(text, units, new TextSpan(0, text.Length), 0, chunks);
        return chunks;
    }

    /// <summary>Chunks of pieces that follow each other in a text, such as its sentences; what stands between two pieces of a chunk is part of it.</summary>
    /// <param name="text">The text.</param>
    /// <param name="units">What sizes are counted in, of this text.</param>
    /// <param name="pieces">The pieces in order; one that is too large is cut at the separators.</param>
    public IReadOnlyList<TextSpan> Join(string text, TextUnits units, IEnumerable<TextSpan> pieces)
    {
        var chunks = new List<TextSpan>();
        Join(text, units, pieces, 0, chunks);
        return chunks;
    }

    private void Split(string text, TextUnits units, TextSpan part, int first, List<TextSpan> chunks)
    {
        int at = first;
        while (at < _separators.Count && _separators[at].Length > 0 && text.AsSpan(part.Start, part.Length).IndexOf(_separators[at]) < 0)
        {
            at++;
        }

        Join(text, units, Cut(text, part, at < _separators.Count ? _separators[at] : ""), at + 1, chunks);
    }

    private void Join(string text, TextUnits units, IEnumerable<TextSpan> pieces, int next, List<TextSpan> chunks)
    {
        var open = new Queue<TextSpan>();
        int end = 0;
        foreach (TextSpan piece in pieces)
        {
            // A single code point of more tokens than a chunk may have cannot be cut any more.
            bool isCodePoint = piece.Length == 1 || (piece.Length == 2 && char.IsSurrogatePair(text, piece.Start));
            if (units.Measure(piece.Start, piece.End) > size && !isCodePoint)
            {
                Close();
                open.Clear();
                Split(text, units, piece, next, chunks);
                continue;
            }

            if (open.Count > 0 && units.Measure(open.Peek().Start, piece.End) > size)
            {
                Close();
                while (open.Count > 0 && (units.Measure(open.Peek().Start, end) > overlap || units.Measure(open.Peek().Start, piece.End) > size))
                {
                    open.Dequeue();
                }
            }

            open.Enqueue(piece);
            end = piece.End;
        }

        Close();

        void Close()
        {
            if (open.Count > 0 && new TextSpan(open.Peek().Start, end).Trim(text) is { Length: > 0 } chunk)
            {
                chunks.Add(chunk);
            }
        }
    }

    private static IEnumerable<TextSpan> Cut(string text, TextSpan part, string separator)
    {
        int start = part.Start;
        if (separator.Length == 0)
        {
            while (start < part.End)
            {
                int end = start + (start + 1 < part.End && char.IsSurrogatePair(text, start) ? 2 : 1);
                yield return new TextSpan(start, end);
                start = end;
            }

            yield break;
        }

        while (text.AsSpan(start, part.End - start).IndexOf(separator) is var at and >= 0)
        {
            yield return new TextSpan(start, start + at);
            start += at + separator.Length;
        }

        yield return new TextSpan(start, part.End);
    }
}
