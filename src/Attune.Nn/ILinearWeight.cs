using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Nn;

/// <summary>
/// The weight [out, in] of a linear layer behind the one seam that quantisers and adapters share: an adapter never knows how the weight is stored, a quantiser never
/// knows adapters.
/// </summary>
public interface ILinearWeight
{
    /// <summary>Rows of the weight.</summary>
    int OutFeatures { get; }

    /// <summary>Columns of the weight.</summary>
    int InFeatures { get; }

    /// <summary>Whether files and <see cref="Master"/> hold the weight as [in, out] (GPT-2's Conv1D) instead of [out, in].</summary>
    bool IsInputMajor => false;

    /// <summary>Memory that the weight takes.</summary>
    long Bytes { get; }

    /// <summary>The F32 values that are trained, or the only copy of a frozen weight; null when the weight is held in another form.</summary>
    Tensor? Master { get; }

    /// <summary>y = x (W + update)^T + bias + residual for x [N, in]; recorded on the tape. The result has the type of the residual, else of x.</summary>
    Tensor Forward(Tensor x, Tensor? bias, Tensor? residual, LowRankUpdate? update = null);

    /// <summary>destination = x W^T + bias + term + residual; not recorded. The destination, and the contiguous residual with it, may be of another float type than x.</summary>
    void Multiply(Tensor x, Tensor destination, Tensor? bias, Tensor? residual, LowRankTerm? term = null);

    /// <summary>Writes destination (+)= upstream W + term for an upstream gradient [N, out]; not recorded.</summary>
    void BackwardInput(Tensor upstream, Tensor destination, bool accumulate, LowRankTerm? term = null);

    /// <summary>The weight in single precision, as a tensor of the current scope.</summary>
    Tensor Dequantize();

    /// <summary>A dense weight of the same extents, layout in files and use with other values (F32 [out, in], not of any scope): a trained copy, a merged one.</summary>
    DenseWeight CreateDense(Tensor values, bool trainable);
}
