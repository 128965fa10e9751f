using Attune.Nn;
using Attune.Tensors;

namespace Attune.Models;

/// <summary>A model that predicts the next token.</summary>
public abstract class CausalLmModel : Network
{
    /// <summary>Makes the root of a model.</summary>
    protected CausalLmModel(Device device, DType compute)
        : base(device, compute)
    {
    }

    /// <summary>Number of token ids V.</summary>
    public abstract int VocabSize { get; }

    /// <summary>The longest sequence that the model was made for, in tokens.</summary>
    public abstract int ContextTokens { get; }

    /// <summary>The output layer [V, C].</summary>
    public abstract Linear Head { get; }

    /// <inheritdoc/>
    public override Linear? OutputLayer => Head;

    /// <summary>What is done to the products of the output layer before they are logits; null for nothing.</summary>
    public virtual LogitTransform? LogitTransform => null;

    /// <summary>The states [N, C] that the output layer reads.</summary>
    public abstract Tensor Hidden(ForwardPass pass);

    /// <summary>Makes an empty cache for generation.</summary>
    /// <param name="sequences">Sequences.</param>
    /// <param name="capacity">Tokens of each.</param>
    /// <param name="pieceTokens">Most tokens of a sequence that are read at a time.</param>
    public abstract KvCache CreateCache(int sequences, int capacity, int pieceTokens = KvCache.UsualPieceTokens);

    /// <summary>Logits F32 [N, V] of every token; for whole batches prefer <see cref="LinearCrossEntropy"/>, which never holds them all.</summary>
    public Tensor Logits(ForwardPass pass) => Logits(Hidden(pass));

    /// <summary>Logits F32 [N, V] of states [N, C] that <see cref="Hidden"/> gave.</summary>
    public Tensor Logits(Tensor hidden)
    {
        Tensor products = Head.Forward(hidden).Cast(DType.F32);
        return LogitTransform?.Apply(products) ?? products;
    }
}
