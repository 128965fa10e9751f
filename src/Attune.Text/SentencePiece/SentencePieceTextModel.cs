using System.Text.Json;
using Attune.Text.Models;
using Attune.Text.Pipeline;

namespace Attune.Text.SentencePiece;

/// <summary>Cuts normalised text into pieces; used by one thread.</summary>
internal interface ISegmenter
{
    /// <summary>Adds the pieces of a text; <see cref="UnigramLattice.Unknown"/> for what is no piece. Places are bytes of the text.</summary>
    void Segment(ReadOnlySpan<byte> text, TokenList path);
}

/// <summary>The model of a SentencePiece vocabulary: its segmentation, then byte fallback or one unknown token per run.</summary>
internal sealed class SentencePieceTextModel(SentencePieceVocabulary vocabulary, Func<ISegmenter> createSegmenter) : ITokenizerModel
{
    /// <inheritdoc/>
    public TokenTable Vocabulary => vocabulary.Table;

    /// <inheritdoc/>
    public bool ReadsByteLevel => false;

    /// <inheritdoc/>
    public IModelSession CreateSession(bool byteLevel) => new Session(vocabulary, createSegmenter());

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json) => throw SentencePieceModel.CannotBeWritten();

    private sealed class Session(SentencePieceVocabulary vocabulary, ISegmenter segmenter) : IModelSession
    {
        private readonly TokenList _path = new();

        public void Tokenize(ReadOnlySpan<byte> piece, int offset, TokenList tokens)
        {
            _path.Clear();
            segmenter.Segment(piece, _path);
            bool afterUnknown = false;
            for (int i = 0; i < _path.Count; i++)
            {
                int id = _path.Ids[i];
                int start = _path.Starts[i];
                int end = _path.Ends[i];
                bool isUnknown = id < 0 || id == vocabulary.UnknownId;
                if (!isUnknown)
                {
                    tokens.Add(id, offset + start, offset + end);
                }
                else if (vocabulary.ByteIds[0] >= 0)
                {
                    AddBytes(piece[start..end], offset + start, tokens);
                }
                else if (afterUnknown)
                {
                    tokens.Ends[^1] = offset + end;
                }
                else
                {
                    tokens.Add(vocabulary.UnknownId, offset + start, offset + end);
                }

                afterUnknown = isUnknown;
            }
        }

        /// <summary>Adds the byte pieces of an unknown character; as in SentencePiece, the last one covers it and the others nothing.</summary>
        private void AddBytes(ReadOnlySpan<byte> character, int start, TokenList tokens)
        {
            for (int i = 0; i < character.Length; i++)
            {
                tokens.Add(vocabulary.ByteIds[character[i]], start, i == character.Length - 1 ? start + character.Length : start);
            }
        }
    }
}
