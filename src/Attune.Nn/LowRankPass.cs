using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Nn;

/// <summary>What the forward pass of a <see cref="LowRankUpdate"/> leaves for its gradient.</summary>
/// <param name="Update">The update.</param>
/// <param name="Hidden">h = s dropout(x) A^T, [N, r].</param>
/// <param name="Dropout">Probability with which elements of x were left out.</param>
/// <param name="Random">What they were chosen by.</param>
internal readonly record struct LowRankPass(LowRankUpdate Update, Tensor Hidden, double Dropout, RandomState Random)
{
    /// <summary>What the update adds to the output: h B^T.</summary>
    public LowRankTerm Output => new(Hidden, Update.B.TransposedView());

    /// <summary>Computes h, a tensor of the current scope.</summary>
    public static LowRankPass Start(LowRankUpdate update, Tensor x)
    {
        Device device = x.Device;
        double dropout = device.IsTraining ? update.Dropout : 0;
        Tensor hidden = device.Empty([x.Shape[0], update.A.Shape[0]], x.DType);
        var pass = new LowRankPass(update, hidden, dropout, device.Random);
        device.Backend.MatMul(pass.Dropped(x), update.A.TransposedView(), hidden, update.Scaling, accumulate: false);
        if (dropout > 0)
        {
            device.Random = device.Random.Advance(x.Count);
        }

        return pass;
    }

    /// <summary>The elements of x that were not left out, the same ones every time.</summary>
    public Tensor Dropped(Tensor x)
    {
        if (Dropout == 0)
        {
            return x;
        }

        Tensor result = x.Device.Empty(x.Shape, x.DType);
        x.Device.Backend.Dropout(x, result, Dropout, Random, accumulate: false);
        return result;
    }
}
