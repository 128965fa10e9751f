using Attune.Nn;
using Attune.Nn.Blocks;
using Attune.Tensors;

namespace Attune.Models.Decoders;

/// <summary>A model that predicts the next token: an embedding, blocks, a norm, an output layer. The families say what these are.</summary>
public sealed class Decoder : CausalLmModel
{
    private readonly DecoderParts _parts;

    internal Decoder(WeightBuilder weights, DecoderParts parts)
        : base(weights.Device, weights.Options.Compute)
    {
        _parts = parts;
        Add(parts.Embedding);
        AddIfAny(parts.ProjectIn);
        AddIfAny(parts.Positions);
        AddIfAny(parts.EmbeddingNorm);
        foreach (Block block in parts.Blocks)
        {
            Add(block);
        }

        AddIfAny(parts.FinalNorm);
        AddIfAny(parts.ProjectOut);
        Add(parts.Head);
    }

    /// <summary>The settings that all decoders have.</summary>
    public DecoderConfig Config => _parts.Config;

    /// <inheritdoc/>
    public override Linear Head => _parts.Head;

    /// <inheritdoc/>
    public override LogitTransform? LogitTransform => _parts.LogitTransform;

    /// <inheritdoc/>
    public override int VocabSize => Config.VocabSize;

    /// <inheritdoc/>
    public override int ContextTokens => Config.MaxPositions;

    /// <inheritdoc/>
    public override IReadOnlyList<string> DefaultLoraTargets => _parts.LoraTargets;

    /// <inheritdoc/>
    public override Tensor Hidden(ForwardPass pass)
    {
        Tensor h = Embed(pass);
        pass.Observer?.Invoke(0, h);
        for (int i = 0; i < _parts.Blocks.Count; i++)
        {
            h = _parts.Blocks[i].Run(h, pass);
            pass.Observer?.Invoke(i + 1, h);
        }

        h = _parts.FinalNorm?.Forward(h) ?? h.Cast(Compute);
        h = _parts.ProjectOut?.Forward(h) ?? h;
        pass.Observer?.Invoke(-1, h);
        return h;
    }

    /// <inheritdoc/>
    public override KvCache CreateCache(int sequences, int capacity, int pieceTokens = KvCache.UsualPieceTokens) =>
        new(Device, [.. Modules().OfType<ICachingLayer>().OrderBy(layer => layer.Layer).Select(layer => layer.Cached)], sequences, capacity, Compute, pieceTokens);

    private Tensor Embed(ForwardPass pass)
    {
        Tensor h = _parts.Embedding.Forward(pass.Tokens.InputIds);
        h = _parts.EmbeddingScale == 1 ? h : h.Affine(_parts.EmbeddingScale);
        h = _parts.ProjectIn?.Forward(h) ?? h;
        if (_parts.Positions is { } positions)
        {
            h = h.Add(positions.Forward(Rows(pass.Tokens)));
        }

        return _parts.EmbeddingNorm?.Forward(h) ?? h;
    }

    /// <summary>The rows of the learned positions.</summary>
    /// <exception cref="TensorException">A sequence is longer than the model can be given.</exception>
    private Tensor Rows(TokenBatch tokens)
    {
        if (tokens.MaxPosition >= Config.MaxPositions)
        {
            throw new TensorException($"the model has learned {Config.MaxPositions} positions, found a sequence with position {tokens.MaxPosition}; shorten it");
        }

        return _parts.PositionOffset == 0 ? tokens.Positions : tokens.Positions.Add(Device.Full([], DType.I32, _parts.PositionOffset));
    }
}
