using Attune.Text.Pipeline;
using Attune.Text.Unicode;

namespace Attune.Text.Models;

/// <summary>A Unigram model in use by one thread: Viterbi's search for the best segmentation.</summary>
internal sealed class UnigramSession(UnigramModel model) : IModelSession
{
    private readonly WordCache _cache = new();
    private Node[] _best = new Node[64];

    /// <inheritdoc/>
    public void Tokenize(ReadOnlySpan<byte> piece, int offset, TokenList tokens)
    {
        ulong hash = ByteHash.Of(piece);
        if (!_cache.TryAdd(piece, hash, offset, tokens))
        {
            int from = tokens.Count;
            Search(piece);
            AddBestPath(piece, offset, tokens);
            _cache.Remember(piece, hash, offset, tokens, from);
        }
    }

    private void Search(ReadOnlySpan<byte> text)
    {
        if (_best.Length <= text.Length)
        {
            _best = new Node[text.Length + (text.Length / 4) + 1];
        }

        Node[] best = _best;
        best.AsSpan(0, text.Length + 1).Fill(new Node(double.NegativeInfinity, -1, -1));
        best[0] = new Node(0, 0, -1);
        ByteTrie trie = model.Trie;
        for (int start = 0; start < text.Length;)
        {
            double here = best[start].Score;
            Utf8.Decode(text, start, out int size);
            bool hasSingle = false;
            int node = ByteTrie.Root;
            for (int end = start; end < text.Length;)
            {
                node = trie.Next(node, text[end++]);
                if (node < 0)
                {
                    break;
                }

                int id = trie.Value(node);
                if (id >= 0)
                {
                    Offer(ref best[end], here + model.Scores[id], start, id);
                    hasSingle |= end == start + size;
                }
            }

            if (!hasSingle)
            {
                Offer(ref best[start + size], here + model.UnknownScore, start, model.UnknownId ?? 0);
            }

            start += size;
        }
    }

    private static void Offer(ref Node node, double score, int start, int id)
    {
        if (node.Start < 0 || score > node.Score)
        {
            node = new Node(score, start, id);
        }
    }

    /// <summary>Adds the tokens of the best path, neighbouring unknown characters as one.</summary>
    private void AddBestPath(ReadOnlySpan<byte> text, int offset, TokenList tokens)
    {
        // The path is known from its end; the nodes on it are turned round so that it can be read from the start.
        int next = -1;
        for (int end = text.Length; end > 0;)
        {
            int start = _best[end].Start;
            _best[end] = _best[end] with { Start = next };
            next = end;
            end = start;
        }

        int from = 0;
        while (next > 0)
        {
            int end = next;
            while (IsUnknown(_best[end].Id) && _best[end].Start > 0 && IsUnknown(_best[_best[end].Start].Id))
            {
                end = _best[end].Start;
            }

            AddToken(text[from..end], _best[end].Id, offset + from, tokens);
            from = end;
            next = _best[end].Start;
        }
    }

    private bool IsUnknown(int id) => model.UnknownId == id;

    private void AddToken(ReadOnlySpan<byte> text, int id, int offset, TokenList tokens)
    {
        // As in the reference, unknown characters together may spell a token that none of them was.
        int end = offset + text.Length;
        int whole = IsUnknown(id) || model.UnknownId is null ? model.Vocabulary.Find(text) : id;
        if (whole >= 0)
        {
            tokens.Add(whole, offset, end);
            return;
        }

        if (HasAllBytes(text))
        {
            foreach (byte value in text)
            {
                tokens.Add(model.ByteIds[value], offset, end);
            }

            return;
        }

        tokens.Add(
            model.UnknownId ?? throw new TextException($"the vocabulary cannot spell '{System.Text.Encoding.UTF8.GetString(text)}' and has no unknown token; set unk_id"),
            offset,
            end);
    }

    private bool HasAllBytes(ReadOnlySpan<byte> text)
    {
        foreach (byte value in text)
        {
            if (model.ByteIds[value] < 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <param name="Score">Score of the best path that ends here.</param>
    /// <param name="Start">Where its last token starts; once the path is turned round, where the next token ends.</param>
    /// <param name="Id">Its last token.</param>
    private readonly record struct Node(double Score, int Start, int Id);
}
