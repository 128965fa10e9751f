using Attune.Tensors;

namespace Attune.Nn;

/// <summary>A normalisation of rows.</summary>
public abstract class Norm : Module
{
    /// <summary>Makes a normalisation with its full name and the length of its rows.</summary>
    protected Norm(string name, int size)
        : base(name) => Size = size;

    /// <summary>Length of the rows.</summary>
    public int Size { get; }

    /// <summary>Normalises each row of x [..., C].</summary>
    public abstract Tensor Forward(Tensor x);
}
