using Attune.Nn;
using Attune.Nn.Blocks;
using Attune.Tensors;

namespace Attune.Models.Seq2Seq;

/// <summary>A block of an encoder or decoder: parts that are added to the states one after the other, each with a norm before it or behind it.</summary>
internal sealed class StackBlock : Block
{
    private readonly (Norm Norm, SubLayer Layer)[] _parts;
    private readonly bool _normFirst;

    /// <summary>Makes a block.</summary>
    /// <param name="name">Full name.</param>
    /// <param name="normFirst">Whether norms stand before the parts; else behind the sums.</param>
    /// <param name="parts">The parts in order.</param>
    public StackBlock(string name, bool normFirst, params (Norm Norm, SubLayer Layer)[] parts)
        : base(name)
    {
        _normFirst = normFirst;
        _parts = parts;
        foreach ((Norm norm, SubLayer layer) in parts)
        {
            Add(layer);
            Add(norm);
        }
    }

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor h, ForwardPass pass)
    {
        foreach ((Norm norm, SubLayer layer) in _parts)
        {
            // Sums are single precision whatever the products are made in.
            h = _normFirst ? layer.Forward(norm.Forward(h), h, pass) : norm.Forward(layer.Forward(h, h.Cast(DType.F32), pass));
        }

        return h;
    }
}
