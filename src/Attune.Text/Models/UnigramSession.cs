using Attune.Text.Pipeline;

namespace Attune.Text.Models;

/// <summary>A Unigram model in use by one thread.</summary>
internal sealed class UnigramSession(UnigramModel model) : IModelSession
{
    private readonly WordCache _cache = new();
    private readonly UnigramLattice _lattice = new(model.Trie, model.Scores, model.UnknownScore, singlePrecision: false);
    private readonly TokenList _path = new();

    /// <inheritdoc/>
    public void Tokenize(ReadOnlySpan<byte> piece, int offset, TokenList tokens)
    {
        ulong hash = ByteHash.Of(piece);
        if (!_cache.TryAdd(piece, hash, offset, tokens))
        {
            int from = tokens.Count;
            _path.Clear();
            _lattice.Search(piece, _path);
            AddPath(piece, offset, tokens);
            _cache.Remember(piece, hash, offset, tokens, from);
        }
    }

    /// <summary>Adds the tokens of the best path, neighbouring unknown characters as one.</summary>
    private void AddPath(ReadOnlySpan<byte> piece, int offset, TokenList tokens)
    {
        for (int i = 0; i < _path.Count;)
        {
            int last = i;
            while (IsUnknown(i) && last + 1 < _path.Count && IsUnknown(last + 1))
            {
                last++;
            }

            int start = _path.Starts[i];
            int end = _path.Ends[last];
            if (IsUnknown(i))
            {
                AddUnknown(piece[start..end], offset + start, tokens);
            }
            else
            {
                tokens.Add(_path.Ids[i], offset + start, offset + end);
            }

            i = last + 1;
        }
    }

    /// <summary>Whether a token of the path is unknown; the unknown token itself counts as such when the text spells it.</summary>
    private bool IsUnknown(int index) => _path.Ids[index] == UnigramLattice.Unknown || _path.Ids[index] == model.UnknownId;

    private void AddUnknown(ReadOnlySpan<byte> text, int offset, TokenList tokens)
    {
        // As in the reference, unknown characters together may spell a token that none of them was.
        int end = offset + text.Length;
        int whole = model.Vocabulary.Find(text);
        if (whole >= 0)
        {
            tokens.Add(whole, offset, end);
        }
        else if (HasAllBytes(text))
        {
            foreach (byte value in text)
            {
                tokens.Add(model.ByteIds[value], offset, end);
            }
        }
        else
        {
            int unknown = model.UnknownId ?? throw new TextException($"the vocabulary cannot spell '{System.Text.Encoding.UTF8.GetString(text)}' and has no unknown token; set unk_id");
            tokens.Add(unknown, offset, end);
        }
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
}
