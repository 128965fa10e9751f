using Attune.Nn;
using Attune.Tensors;

namespace Attune.Models.Encoders;

/// <summary>Sum of the vectors of token, position and token type, normalised.</summary>
internal sealed class EncoderEmbeddings : Module
{
    private readonly EncoderConfig _config;
    private readonly Embedding? _positions;
    private readonly Embedding? _types;
    private readonly Norm _norm;

    /// <summary>Makes the layer of BERT's weight names.</summary>
    /// <param name="config">The sizes.</param>
    /// <param name="weights">The place of the embeddings.</param>
    /// <param name="positions">Whether there is a table of positions.</param>
    public EncoderEmbeddings(EncoderConfig config, WeightBuilder weights, bool positions = true)
        : base(weights.Path)
    {
        _config = config;
        Tokens = Add(weights.Embedding("word_embeddings", config.VocabSize, config.EmbeddingSize, config.PaddingId));
        if (positions)
        {
            // Where positions start behind the padding id, its row is padding, too.
            int padding = config.FirstPosition > 0 ? config.FirstPosition - 1 : -1;
            _positions = Add(weights.Embedding("position_embeddings", config.MaxPositions, config.EmbeddingSize, padding));
        }

        _types = config.TokenTypes > 0 ? Add(weights.Embedding("token_type_embeddings", config.TokenTypes, config.EmbeddingSize)) : null;
        _norm = Add(weights.LayerNorm("LayerNorm", config.EmbeddingSize, config.NormEpsilon));

        // Old checkpoints carry tables that count up, or are zero.
        weights.Ignore("position_ids");
        weights.Ignore("token_type_ids");
    }

    public Embedding Tokens { get; }

    /// <summary>The table of positions; null when there is none.</summary>
    public Embedding? Positions => _positions;

    /// <summary>Normalised vectors [N, E].</summary>
    public Tensor Forward(TokenBatch batch)
    {
        Tensor h = Tokens.Forward(batch.InputIds);
        if (_positions is not null)
        {
            h = h.Add(_positions.Forward(Rows(batch)));
        }

        if (_types is not null)
        {
            h = h.Add(batch.TokenTypes is { } types ? _types.Forward(types) : _types.Table.Value!.Narrow(0, 0, 1).Cast(h.DType));
        }

        return _norm.Forward(h);
    }

    private Tensor Rows(TokenBatch batch)
    {
        if (batch.MaxPosition + _config.FirstPosition >= _config.MaxPositions)
        {
            throw new TensorException(
                $"embeddings: a sequence has {batch.MaxPosition + 1} tokens, the model has positions for {_config.MaxPositions - _config.FirstPosition}; cut the texts");
        }

        return _config.FirstPosition == 0 ? batch.Positions : batch.Positions.Add(batch.Positions.Device.Full([], DType.I32, _config.FirstPosition));
    }
}
