using Attune.Tensors;

namespace Attune.Nn;

/// <summary>An update s B A of a linear layer's weight that is not added to it: LoRA (Hu et al. 2021). The layer's own products take it with them.</summary>
/// <param name="a">A [r, in], F32.</param>
/// <param name="b">B [out, r], F32.</param>
/// <param name="scaling">s.</param>
/// <param name="dropout">Probability with which an element of x is left out while training; 0 to below 1.</param>
public sealed class LowRankUpdate(Tensor a, Tensor b, double scaling, double dropout = 0)
{
    /// <summary>A [r, in].</summary>
    public Tensor A { get; } = a;

    /// <summary>B [out, r].</summary>
    public Tensor B { get; } = b;

    /// <summary>Rows of A, r.</summary>
    public long Rank => A.Shape[0];

    /// <summary>The factor s.</summary>
    public double Scaling { get; } = scaling;

    /// <summary>Probability with which an element of x is left out while training.</summary>
    public double Dropout { get; } = dropout;

    /// <summary>y + s dropout(x) A^T B^T: the update beside a product that was made before, as of a second adapter of a layer.</summary>
    public Tensor AddTo(Tensor y, Tensor x) => LinearProduct.Forward(x.Device, null, x, null, y, this);
}
