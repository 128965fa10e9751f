using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Nn;

/// <summary>A frozen weight that is held in the few bits of its file. Generation reads every weight for every token, so its time goes with their bytes.</summary>
public sealed class BlockWeight : ILinearWeight, IDisposable
{
    private readonly Device _device;
    private readonly PackedMatrix _packed;

    /// <summary>Makes a weight.</summary>
    /// <param name="device">What multiplies it.</param>
    /// <param name="packed">A matrix [out, in] that serves forward products; owned from now on.</param>
    public BlockWeight(Device device, PackedMatrix packed)
    {
        _device = device;
        _packed = packed;
    }

    /// <inheritdoc/>
    public int OutFeatures => _packed.Rows;

    /// <inheritdoc/>
    public int InFeatures => _packed.Columns;

    /// <inheritdoc/>
    public long Bytes => _packed.Bytes;

    /// <inheritdoc/>
    public Tensor? Master => null;

    /// <inheritdoc/>
    public Tensor Forward(Tensor x, Tensor? bias, Tensor? residual, LowRankUpdate? update = null) => LinearProduct.Forward(_device, this, x, bias, residual, update);

    /// <inheritdoc/>
    /// <exception cref="TensorException">The operands are of types that the backend does not multiply.</exception>
    public void Multiply(Tensor x, Tensor destination, Tensor? bias, Tensor? residual, LowRankTerm? term = null)
    {
        if (!_device.Backend.TryMatMulPacked(x, _packed, PackUse.Forward, destination, bias, 1, accumulate: false, term, residual))
        {
            throw new TensorException($"linear: the backend packed a weight that it does not multiply with {x}");
        }
    }

    /// <inheritdoc/>
    public void BackwardInput(Tensor upstream, Tensor destination, bool accumulate, LowRankTerm? term = null)
    {
        using StepScope scope = _device.Scope();
        _device.Backend.MatMul(upstream, Dequantize(), destination, 1, accumulate);
        if (term is { } product)
        {
            _device.Backend.MatMul(product.Left, product.Right, destination, 1, accumulate: true);
        }
    }

    /// <inheritdoc/>
    public Tensor Dequantize()
    {
        Tensor values = _device.Empty([OutFeatures, InFeatures], DType.F32);
        _packed.Unpack(values);
        return values;
    }

    /// <inheritdoc/>
    public DenseWeight CreateDense(Tensor values, bool trainable) => new(values, DType.BF16, trainable, training: false);

    /// <inheritdoc/>
    public void Dispose() => _packed.Dispose();
}
