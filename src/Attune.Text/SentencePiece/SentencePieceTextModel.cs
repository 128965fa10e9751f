using System.Text.Json;
using Attune.Text.Models;
using Attune.Text.Pipeline;

namespace Attune.Text.SentencePiece;

/// <summary>Cuts normalised text into pieces; used by one thread.</summary>
internal interface ISegmenter
{
    /// <summary>Adds the pieces of a text; <see cref="UnigramLattice.Unknown"/> for what is no piece. Places are bytes of the text.</summary>
    void Segment(ReadOnlySpan<byte> text, TokenList path);

    /// <summary>Calls back for each of the best segmentations, the best first; there is one but for Unigram models. The list is used again.</summary>
    void FindBest(ReadOnlySpan<byte> text, int count, Action<TokenList> found)
    {
        var path = new TokenList();
        Segment(text, path);
        found(path);
    }
}

/// <summary>The model of a SentencePiece vocabulary: its segmentation, then byte fallback or one unknown token per run.</summary>
internal sealed class SentencePieceTextModel(SentencePieceVocabulary vocabulary, Func<ISegmenter> createSegmenter) : ITokenizerModel
{
    /// <inheritdoc/>
    public TokenTable Vocabulary => vocabulary.Table;

    /// <inheritdoc/>
    public bool ReadsByteLevel => false;

    /// <inheritdoc/>
    public IModelSession CreateSession(bool byteLevel) => new Session(this, createSegmenter());

    /// <summary>The ids of the best segmentations of a normalised text, the best first.</summary>
    public IReadOnlyList<int[]> FindBest(ReadOnlySpan<byte> text, int count)
    {
        var paths = new List<TokenList>();
        createSegmenter().FindBest(text, count, path => paths.Add(path.Copy()));
        var ids = new int[paths.Count][];
        var tokens = new TokenList();
        for (int i = 0; i < ids.Length; i++)
        {
            tokens.Clear();
            AddTokens(paths[i], text, offset: 0, tokens);
            ids[i] = tokens.Ids.ToArray();
        }

        return ids;
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json) => throw SentencePieceModel.CannotBeWritten();

    private void AddTokens(TokenList path, ReadOnlySpan<byte> piece, int offset, TokenList tokens)
    {
        bool afterUnknown = false;
        for (int i = 0; i < path.Count; i++)
        {
            int id = path.Ids[i];
            int start = path.Starts[i];
            int end = path.Ends[i];
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

    private sealed class Session(SentencePieceTextModel model, ISegmenter segmenter) : IModelSession
    {
        private readonly TokenList _path = new();

        public void Tokenize(ReadOnlySpan<byte> piece, int offset, TokenList tokens)
        {
            _path.Clear();
            segmenter.Segment(piece, _path);
            model.AddTokens(_path, piece, offset, tokens);
        }
    }
}
