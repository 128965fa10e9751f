using Attune.Text.Pipeline;
using Attune.Text.Unicode;

namespace Attune.Text.SentencePiece;

/// <summary>Words as a whole: a word starts at a blank, or ends with one where the model says so (model_interface.cc, SplitIntoWords).</summary>
internal sealed class WordSegmenter(SentencePieceVocabulary vocabulary, bool blankIsSuffix, bool allowBlankPieces) : ISegmenter
{
    /// <inheritdoc/>
    public void Segment(ReadOnlySpan<byte> text, TokenList path)
    {
        int start = 0;
        bool inBlanks = false;
        for (int i = 0; i < text.Length;)
        {
            Utf8.Decode(text, i, out int size);
            bool isBlank = text.Slice(i, size).SequenceEqual("\u2581"u8);
            bool cuts = blankIsSuffix
                ? i > 0 && inBlanks && (!isBlank || !allowBlankPieces)
                : i > 0 && isBlank && (!inBlanks || !allowBlankPieces);
            if (cuts)
            {
                Add(text, start, i, path);
                start = i;
            }

            inBlanks = isBlank;
            i += size;
        }

        Add(text, start, text.Length, path);
    }

    private void Add(ReadOnlySpan<byte> text, int start, int end, TokenList path)
    {
        if (end > start)
        {
            path.Add(vocabulary.Table.Find(text[start..end]), start, end);
        }
    }
}

/// <summary>Character by character, user-defined pieces as a whole.</summary>
internal sealed class CharacterSegmenter(SentencePieceVocabulary vocabulary) : ISegmenter
{
    /// <inheritdoc/>
    public void Segment(ReadOnlySpan<byte> text, TokenList path)
    {
        for (int i = 0; i < text.Length;)
        {
            if (!vocabulary.UserDefined.TryMatch(text[i..], out int size, out int id))
            {
                Utf8.Decode(text, i, out size);
                id = vocabulary.Table.Find(text.Slice(i, size));
            }

            path.Add(id, i, i + size);
            i += size;
        }
    }
}
