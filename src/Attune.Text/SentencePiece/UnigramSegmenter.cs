using Attune.Text.Models;
using Attune.Text.Pipeline;

namespace Attune.Text.SentencePiece;

/// <summary>Unigram segmentation as SentencePiece does it (unigram_model.cc): sums in single precision, user-defined pieces always taken.</summary>
internal sealed class UnigramSegmenter(ByteTrie trie, double[] scores, double unknownScore) : ISegmenter
{
    private readonly UnigramLattice _lattice = new(trie, scores, unknownScore, singlePrecision: true);

    /// <summary>Makes segmenters for a vocabulary.</summary>
    public static Func<ISegmenter> For(SentencePieceVocabulary vocabulary)
    {
        const float UnknownPenalty = 10;
        float lowest = float.MaxValue;

        // The reference starts its search for the highest score at the least positive number, so for log probabilities that is what it finds.
        float highest = 1.17549435e-38f;
        foreach (VocabularyPiece piece in vocabulary.Pieces.Where(piece => piece.Type == PieceType.Normal))
        {
            lowest = Math.Min(lowest, piece.Score);
            highest = Math.Max(highest, piece.Score);
        }

        var trie = new ByteTrie();
        double[] scores = new double[vocabulary.Pieces.Count];
        for (int id = 0; id < scores.Length; id++)
        {
            VocabularyPiece piece = vocabulary.Pieces[id];
            int length = vocabulary.Table[id].Length;
            scores[id] = piece.Type == PieceType.UserDefined ? (float)((length * highest) - 0.1) : piece.Score;
            if (piece.Type is PieceType.Normal or PieceType.UserDefined)
            {
                trie.Add(vocabulary.Table[id], id);
            }
        }

        float unknown = lowest - UnknownPenalty;
        return () => new UnigramSegmenter(trie, scores, unknown);
    }

    /// <inheritdoc/>
    public void Segment(ReadOnlySpan<byte> text, TokenList path) => _lattice.Search(text, path);

    /// <inheritdoc/>
    public void FindBest(ReadOnlySpan<byte> text, int count, Action<TokenList> found) => new BestSegmentations(trie, scores, unknownScore).Find(text, count, found);
}
