using System.Runtime.CompilerServices;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Nn;

/// <summary>A frozen weight that is held in the few bits of its file. Generation reads every weight for every token, so its time goes with their bytes.</summary>
public sealed class BlockWeight : ILinearWeight, IDisposable
{
    /// <summary>Layers that are multiplied together at most.</summary>
    private const int MostTogether = 3;

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

    /// <summary>Whether products of many rows round the rows to int8.</summary>
    public bool RoundsRows => _packed.RoundsRows;

    /// <inheritdoc/>
    public Tensor Forward(Tensor x, Tensor? bias, Tensor? residual, LowRankUpdate? update = null) => LinearProduct.Forward(_device, this, x, bias, residual, update);

    /// <summary>The outputs of layers without adapters that read the same x, as one call where the backend makes one of it.</summary>
    /// <param name="x">[N, in].</param>
    /// <param name="layers">The layers.</param>
    /// <param name="outputs">Receives the output [N, out] of each.</param>
    /// <returns>False where each has to be made alone.</returns>
    internal static bool TryForward(Tensor x, ReadOnlySpan<Linear> layers, Span<Tensor> outputs)
    {
        if (layers.Length > MostTogether || x.Shape.Rank != 2 || x.RequiresGrad)
        {
            return false;
        }

        Device device = x.Device;
        using StepScope scope = device.Scope();
        Products products = default;
        for (int i = 0; i < layers.Length; i++)
        {
            if (layers[i].Weight is not BlockWeight weight || layers[i].Adapters.Count > 0 || layers[i].Bias is { Value.RequiresGrad: true })
            {
                return false;
            }

            products[i] = new PackedProduct(weight._packed, layers[i].Bias?.Value, device.Empty([x.Shape[0], weight.OutFeatures], x.DType));
        }

        ReadOnlySpan<PackedProduct> all = products[..layers.Length];
        if (!device.Backend.TryMatMulPacked(x.Contiguous(), all))
        {
            return false;
        }

        for (int i = 0; i < layers.Length; i++)
        {
            outputs[i] = scope.Keep(all[i].Destination);
        }

        return true;
    }

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
    public DenseWeight CreateDense(Tensor values, bool trainable) => new(values, _packed.DType, trainable, training: false);

    /// <inheritdoc/>
    public void Dispose() => _packed.Dispose();

    [InlineArray(MostTogether)]
    private struct Products
    {
        private PackedProduct _first;
    }
}
