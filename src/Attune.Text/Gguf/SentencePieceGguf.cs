using Attune.Text.SentencePiece;

namespace Attune.Text.Gguf;

/// <summary>SentencePiece vocabularies: BPE (<c>llama</c>) and Unigram (<c>t5</c>).</summary>
internal static class SentencePieceGguf
{
    /// <summary>Builds a BPE tokenizer; a beginning of text is added unless the file says otherwise.</summary>
    public static Tokenizer BuildBpe(GgufVocabularySource source, string place) =>
        Build(source, SegmentationType.Bpe, source.AddBegin ?? true, source.AddEnd ?? false, place);

    /// <summary>Builds a Unigram tokenizer; an end of text is added unless the file says otherwise.</summary>
    public static Tokenizer BuildUnigram(GgufVocabularySource source, string place) =>
        Build(source, SegmentationType.Unigram, source.AddBegin ?? false, source.AddEnd ?? true, place);

    private static Tokenizer Build(GgufVocabularySource source, SegmentationType type, bool addBegin, bool addEnd, string place)
    {
        if (source.Scores is not { } scores || source.TokenTypes is not { } types)
        {
            throw new TextException($"{place}: a vocabulary of the model '{source.Model}' needs tokenizer.ggml.scores and tokenizer.ggml.token_type; the file lacks them");
        }

        var pieces = new VocabularyPiece[source.Tokens.Count];
        for (int id = 0; id < pieces.Length; id++)
        {
            var pieceType = (PieceType)types[id];
            if (!Enum.IsDefined(pieceType) || !float.IsFinite(scores[id]))
            {
                throw new TextException($"{place}: token {id} has type {types[id]} and score {scores[id]}; expected a type from 1 to 6 and a finite score");
            }

            pieces[id] = new VocabularyPiece(source.Tokens[id], scores[id], pieceType);
        }

        var file = new SentencePieceFile(pieces)
        {
            Type = type,
            ByteFallback = pieces.Any(piece => piece.Type == PieceType.Byte),
            BeginId = source.BeginId ?? -1,
            EndId = source.EndId ?? -1,
            AddDummyPrefix = source.AddSpacePrefix,
            RemoveExtraBlanks = source.RemoveExtraWhitespace,
            CharacterMap = source.CharacterMap.ToArray(),
        };
        return SentencePieceModel.Build(
            file,
            new SentencePieceOptions { AddBegin = addBegin && source.BeginId is not null, AddEnd = addEnd && source.EndId is not null, JoinsTexts = source.IsJoined },
            place,
            furtherTokens: []);
    }
}
