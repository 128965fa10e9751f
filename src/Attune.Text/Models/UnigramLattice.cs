using Attune.Text.Pipeline;
using Attune.Text.Unicode;

namespace Attune.Text.Models;

/// <summary>Viterbi's search for the segmentation with the highest sum of log probabilities; used by one thread.</summary>
/// <param name="trie">The tokens by their prefixes.</param>
/// <param name="scores">Their log probabilities by id.</param>
/// <param name="unknownScore">Log probability of an unknown character.</param>
/// <param name="singlePrecision">Whether sums are rounded to single precision, as SentencePiece has them.</param>
internal sealed class UnigramLattice(ByteTrie trie, double[] scores, double unknownScore, bool singlePrecision)
{
    /// <summary>What stands for an unknown character in a path.</summary>
    public const int Unknown = -1;

    private Node[] _best = new Node[64];

    /// <summary>Steps done so far, for tests of the cost.</summary>
    public long Steps { get; private set; }

    /// <summary>Adds the tokens of the best path to a list; places are bytes of the text.</summary>
    public void Search(ReadOnlySpan<byte> text, TokenList path)
    {
        if (_best.Length <= text.Length)
        {
            _best = new Node[text.Length + (text.Length / 4) + 1];
        }

        Fill(text);

        // The path is known from its end; the nodes on it are turned round so that it can be read from the start.
        Node[] best = _best;
        int next = 0;
        for (int end = text.Length; end > 0;)
        {
            int start = best[end].Start;
            best[end].Start = next;
            next = end;
            end = start;
        }

        for (int start = 0; next > 0; next = best[next].Start)
        {
            path.Add(best[next].Id, start, next);
            start = next;
        }
    }

    private void Fill(ReadOnlySpan<byte> text)
    {
        Node[] best = _best;
        best.AsSpan(0, text.Length + 1).Fill(new Node { Start = -1 });
        best[0] = default;
        long steps = 0;
        for (int start = 0; start < text.Length;)
        {
            double here = best[start].Score;
            Utf8.Decode(text, start, out int size);
            bool hasSingle = false;
            int node = ByteTrie.Root;
            int end = start;
            while (end < text.Length && (node = trie.Next(node, text[end])) >= 0)
            {
                end++;
                int id = trie.Value(node);
                if (id >= 0)
                {
                    Offer(ref best[end], Round(here + scores[id]), start, id);
                    hasSingle |= end == start + size;
                }
            }

            if (!hasSingle)
            {
                Offer(ref best[start + size], Round(here + unknownScore), start, Unknown);
            }

            steps += end - start + 1;
            start += size;
        }

        Steps += steps;
    }

    private double Round(double score) => singlePrecision ? (float)score : score;

    private static void Offer(ref Node node, double score, int start, int id)
    {
        if (node.Start < 0 || score > node.Score)
        {
            node.Score = score;
            node.Start = start;
            node.Id = id;
        }
    }

    private struct Node
    {
        /// <summary>Score of the best path that ends here.</summary>
        public double Score;

        /// <summary>Where its last token starts; once the path is turned round, where the next token ends.</summary>
        public int Start;

        /// <summary>Its last token.</summary>
        public int Id;
    }
}
