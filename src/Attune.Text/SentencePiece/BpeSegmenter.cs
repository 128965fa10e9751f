using Attune.Text.Models;
using Attune.Text.Pipeline;
using Attune.Text.Unicode;

namespace Attune.Text.SentencePiece;

/// <summary>The merges that the scores of a SentencePiece vocabulary amount to: the best-scored piece first, the leftmost of equal ones.</summary>
/// <remarks>
/// A character that is no piece may still be a part of one; such characters get ids beyond the vocabulary. Source: sentencepiece, bpe_model.cc.
/// </remarks>
internal sealed class BpeMerges
{
    private readonly SentencePieceVocabulary _vocabulary;
    private readonly Dictionary<int, (int Left, int Right)> _unusedParts = [];
    private readonly TokenTable _symbols;

    /// <summary>Finds the merges.</summary>
    public BpeMerges(SentencePieceVocabulary vocabulary, string place)
    {
        _vocabulary = vocabulary;
        List<string> symbols = [.. vocabulary.Pieces.Select(piece => piece.Text)];
        int count = symbols.Count;
        var extra = new HashSet<int>();
        for (int id = 0; id < count; id++)
        {
            foreach (System.Text.Rune rune in (vocabulary.IsOfText(id) ? symbols[id] : "").EnumerateRunes())
            {
                if (extra.Add(rune.Value) && vocabulary.Table.Find(rune.ToString()) < 0)
                {
                    symbols.Add(rune.ToString());
                }
            }
        }

        _symbols = new TokenTable([.. symbols.Select((symbol, id) => (symbol, id))], place);
        float[] scores = [.. vocabulary.Pieces.Select(piece => piece.Score).Distinct().OrderDescending()];
        Dictionary<float, int> ranks = scores.Select((score, rank) => (score, rank)).ToDictionary();
        var merges = new List<(int, int, int)>();
        var rankOfMerge = new List<int>();
        MergeFinder.FindAll(
            symbols.Count,
            id => id >= count || vocabulary.IsOfText(id) ? _symbols.Memory(id) : default,
            (left, right, whole) =>
            {
                merges.Add((left, right, whole));
                rankOfMerge.Add(ranks[vocabulary.Pieces[whole].Score]);
                if (vocabulary.Pieces[whole].Type == PieceType.Unused)
                {
                    _unusedParts[whole] = (left, right);
                }
            });
        Table = new MergeTable(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(merges), System.Runtime.InteropServices.CollectionsMarshal.AsSpan(rankOfMerge));
    }

    /// <summary>The merges.</summary>
    public MergeTable Table { get; }

    /// <summary>The id of a character; -1 when no piece has it.</summary>
    public int Find(ReadOnlySpan<byte> character)
    {
        int id = _symbols.Find(character);
        return id >= _vocabulary.Pieces.Count || (id >= 0 && _vocabulary.IsOfText(id)) ? id : -1;
    }

    /// <summary>Adds a symbol to the path: a piece, the parts of an unused one, or something unknown.</summary>
    public void Add(int id, int start, int end, TokenList path)
    {
        if (_unusedParts.TryGetValue(id, out (int Left, int Right) parts))
        {
            int middle = start + _symbols[parts.Left].Length;
            Add(parts.Left, start, middle, path);
            Add(parts.Right, middle, end, path);
            return;
        }

        path.Add(id < _vocabulary.Pieces.Count ? id : UnigramLattice.Unknown, start, end);
    }
}

/// <summary>Byte-pair encoding as SentencePiece does it.</summary>
internal sealed class BpeSegmenter(SentencePieceVocabulary vocabulary, BpeMerges merges) : ISegmenter
{
    private readonly BpeMerger _merger = new(merges.Table);
    private readonly TokenList _symbols = new();

    /// <inheritdoc/>
    public void Segment(ReadOnlySpan<byte> text, TokenList path)
    {
        int start = 0;
        for (int i = 0; i < text.Length;)
        {
            if (vocabulary.UserDefined.TryMatch(text[i..], out int length, out int userDefined))
            {
                MergeSymbols(start, path);
                path.Add(userDefined, i, i + length);
                start = i += length;
                continue;
            }

            Utf8.Decode(text, i, out int size);
            int id = merges.Find(text.Slice(i, size));
            if (id >= 0)
            {
                _merger.Add(id, size);
                i += size;
                continue;
            }

            MergeSymbols(start, path);
            path.Add(UnigramLattice.Unknown, i, i + size);
            start = i += size;
        }

        MergeSymbols(start, path);
    }

    private void MergeSymbols(int start, TokenList path)
    {
        _symbols.Clear();
        _merger.Merge(start, _symbols);
        _merger.Clear();
        for (int i = 0; i < _symbols.Count; i++)
        {
            merges.Add(_symbols.Ids[i], _symbols.Starts[i], _symbols.Ends[i], path);
        }
    }
}
