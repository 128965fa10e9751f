using System.Text.Json;
using Attune.Text.Models;
using Attune.Text.Pipeline;

namespace Attune.Text.SentencePiece;

/// <summary>A SentencePiece model whose pieces have the ids of another vocabulary; what that lacks is unknown.</summary>
internal sealed class MappedSentencePieceModel : ITokenizerModel
{
    private readonly SentencePieceTextModel _model;
    private readonly int _unknownPiece;
    private readonly int _unknownId;
    private readonly int[] _ids;

    /// <summary>Makes the model.</summary>
    /// <param name="model">Cuts texts into pieces.</param>
    /// <param name="pieces">The pieces.</param>
    /// <param name="vocabulary">The vocabulary that gives the ids.</param>
    /// <param name="unknownId">Its unknown token.</param>
    public MappedSentencePieceModel(SentencePieceTextModel model, SentencePieceVocabulary pieces, TokenTable vocabulary, int unknownId)
    {
        (_model, _unknownPiece, _unknownId, Vocabulary) = (model, pieces.UnknownId, unknownId, vocabulary);
        _ids = [.. Enumerable.Range(0, pieces.Pieces.Count).Select(id => Find(pieces.Table[id]))];
    }

    /// <inheritdoc/>
    public TokenTable Vocabulary { get; }

    /// <inheritdoc/>
    public bool ReadsByteLevel => false;

    /// <inheritdoc/>
    public IModelSession CreateSession(bool byteLevel) => new Session(this, _model.CreateSession(byteLevel));

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json) => throw SentencePieceModel.CannotBeWritten();

    private int Find(ReadOnlySpan<byte> piece) => Vocabulary.Find(piece) is >= 0 and int id ? id : _unknownId;

    private sealed class Session(MappedSentencePieceModel model, IModelSession pieces) : IModelSession
    {
        public void Tokenize(ReadOnlySpan<byte> piece, int offset, TokenList tokens)
        {
            int from = tokens.Count;
            pieces.Tokenize(piece, offset, tokens);
            for (int i = from; i < tokens.Count; i++)
            {
                // What the model does not know is a token all the same where the vocabulary, which may serve two languages, has it as a whole.
                int id = tokens.Ids[i];
                tokens.Ids[i] = id == model._unknownPiece ? model.Find(piece[(tokens.Starts[i] - offset)..(tokens.Ends[i] - offset)]) : model._ids[id];
            }
        }
    }
}
