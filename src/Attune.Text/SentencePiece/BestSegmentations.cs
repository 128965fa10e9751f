using Attune.Text.Models;
using Attune.Text.Pipeline;
using Attune.Text.Unicode;

namespace Attune.Text.SentencePiece;

/// <summary>
/// The segmentations of a text whose log probabilities add up highest, as SentencePiece's NBestEncode finds them: a search from the end of the text,
/// led by the best score that each place can be reached with.
/// </summary>
/// <remarks>Source: sentencepiece, unigram_model.cc (Lattice::NBest), with its bounds on what is kept.</remarks>
internal sealed class BestSegmentations(ByteTrie trie, double[] scores, double unknownScore)
{
    private const int MostKept = 100_000;
    private const int MostLeft = 512;

    /// <summary>Calls back for each segmentation, the best first; <see cref="UnigramLattice.Unknown"/> stands for what is no piece.</summary>
    /// <param name="text">The normalised text.</param>
    /// <param name="count">How many are wanted; fewer come where there are no more.</param>
    /// <param name="found">Takes the pieces of a segmentation from the start on; the list is used again.</param>
    public void Find(ReadOnlySpan<byte> text, int count, Action<TokenList> found)
    {
        List<Piece>[] ending = FindPieces(text);
        var open = new PriorityQueue<Hypothesis, double>();
        open.Enqueue(new Hypothesis(UnigramLattice.Unknown, text.Length, 0, null), 0);
        var path = new TokenList();
        for (int left = count; left > 0 && open.TryDequeue(out Hypothesis? best, out _);)
        {
            if (best.Start == 0)
            {
                path.Clear();
                for (; best.Next is { } next; best = next)
                {
                    path.Add(best.Id, best.Start, next.Start);
                }

                found(path);
                left--;
                continue;
            }

            foreach (Piece piece in ending[best.Start])
            {
                // The queue gives the lowest first.
                float score = best.Score + piece.Score;
                open.Enqueue(new Hypothesis(piece.Id, piece.Start, score, best), -(best.Score + piece.BestScore));
            }

            open = open.Count > MostKept ? Shrink(open, Math.Min(MostLeft, 10 * count)) : open;
        }
    }

    /// <summary>The pieces that end at each place, with the best score of the text up to their end if it ends with them.</summary>
    private List<Piece>[] FindPieces(ReadOnlySpan<byte> text)
    {
        var ending = new List<Piece>[text.Length + 1];
        for (int start = 0; start < text.Length;)
        {
            float before = start == 0 ? 0 : ending[start].Max(piece => piece.BestScore);
            Utf8.Decode(text, start, out int size);
            bool hasSingle = false;
            int node = ByteTrie.Root;
            for (int end = start; end < text.Length && (node = trie.Next(node, text[end])) >= 0;)
            {
                end++;
                if (trie.Value(node) is >= 0 and int id)
                {
                    Add(ending, end, new Piece(id, start, (float)scores[id], before + (float)scores[id]));
                    hasSingle |= end == start + size;
                }
            }

            if (!hasSingle)
            {
                Add(ending, start + size, new Piece(UnigramLattice.Unknown, start, (float)unknownScore, before + (float)unknownScore));
            }

            start += size;
        }

        return ending;
    }

    private static void Add(List<Piece>[] ending, int end, Piece piece) => (ending[end] ??= []).Add(piece);

    private static PriorityQueue<Hypothesis, double> Shrink(PriorityQueue<Hypothesis, double> open, int count)
    {
        var kept = new PriorityQueue<Hypothesis, double>(count);
        while (kept.Count < count && open.TryDequeue(out Hypothesis? best, out double priority))
        {
            kept.Enqueue(best, priority);
        }

        return kept;
    }

    private readonly record struct Piece(int Id, int Start, float Score, float BestScore);

    /// <summary>Pieces from a place to the end of the text, with the sum of their scores.</summary>
    private sealed record Hypothesis(int Id, int Start, float Score, Hypothesis? Next);
}
