using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Nn;

/// <summary>
/// A weight in single precision, bf16 or, frozen, 8-bit codes. A frozen one is packed once for the backend's products and its plain form let go; a trained one keeps its F32 values and is
/// packed again whenever they have changed.
/// </summary>
public sealed class DenseWeight : ILinearWeight, IDisposable
{
    private readonly Device _device;
    private readonly DType _compute;
    private readonly DType _pack;
    private readonly PackUse _use;
    private readonly bool _isShared;
    private PackedMatrix? _packed;
    private PackedCopy? _copy;
    private bool _hasTriedToPack;

    /// <summary>Makes a weight.</summary>
    /// <param name="values">[out, in], or [in, out] when <paramref name="inputMajor"/>; not of any scope; F32, or another float type when not trained.</param>
    /// <param name="compute">F32 or BF16: the precision of products.</param>
    /// <param name="trainable">Whether the weight gets gradients.</param>
    /// <param name="training">Whether gradients flow through the weight to its input.</param>
    /// <param name="keepValues">Whether <paramref name="values"/> belong to somebody else, too (a tied embedding): they are then not let go.</param>
    /// <param name="inputMajor">Whether the values are [in, out].</param>
    /// <param name="in8Bit">Whether a frozen weight is packed as 8-bit codes, see <see cref="WeightOptions.LoadIn8Bit"/>.</param>
    public DenseWeight(Tensor values, DType compute, bool trainable, bool training, bool keepValues = false, bool inputMajor = false, bool in8Bit = false)
    {
        _device = values.Device;
        _compute = compute;
        _pack = in8Bit && !trainable ? DType.I8 : compute;
        _use = training ? PackUse.Forward | PackUse.Backward : PackUse.Forward;
        IsInputMajor = inputMajor;
        OutFeatures = (int)values.Shape[inputMajor ? 1 : 0];
        InFeatures = (int)values.Shape[inputMajor ? 0 : 1];
        values.RequiresGrad |= trainable;
        Master = values;
        _isShared = keepValues;

        // Shared values stay anyway, so they are packed by the first product: a decoder under another head never asks its output layer for one.
        if (!keepValues && Packed() is not null && !trainable)
        {
            Master = null;
            _device.Release(values);
        }
    }

    /// <inheritdoc/>
    public int OutFeatures { get; }

    /// <inheritdoc/>
    public int InFeatures { get; }

    /// <inheritdoc/>
    public bool IsInputMajor { get; }

    /// <inheritdoc/>
    /// <remarks>Without values that belong to somebody else.</remarks>
    public long Bytes => (_packed?.Bytes ?? 0) + (Master is null || _isShared ? 0 : Master.Count * Master.DType.SizeInBytes);

    /// <inheritdoc/>
    public Tensor? Master { get; }

    /// <inheritdoc/>
    public Tensor Forward(Tensor x, Tensor? bias, Tensor? residual, LowRankUpdate? update = null) => LinearProduct.Forward(_device, this, x, bias, residual, update);

    /// <inheritdoc/>
    public void Multiply(Tensor x, Tensor destination, Tensor? bias, Tensor? residual, LowRankTerm? term = null)
    {
        if (Packed() is { } packed && _device.Backend.TryMatMulPacked(x, packed, PackUse.Forward, destination, bias, 1, accumulate: false, term, residual))
        {
            return;
        }

        using StepScope scope = _device.Scope();
        using var pause = _device.Tape.Pause();
        if (residual is not null)
        {
            _device.Backend.Copy(residual, destination);
        }

        _device.Backend.MatMul(x, Plain().Transpose(), destination, 1, accumulate: residual is not null);
        if (bias is not null)
        {
            _device.Backend.Copy(destination.Add(bias.Cast(destination.DType)), destination);
        }

        Add(term, destination);
    }

    /// <inheritdoc/>
    public void BackwardInput(Tensor upstream, Tensor destination, bool accumulate, LowRankTerm? term = null)
    {
        if (Packed() is { } packed && _device.Backend.TryMatMulPacked(upstream, packed, PackUse.Backward, destination, null, 1, accumulate, term))
        {
            return;
        }

        using StepScope scope = _device.Scope();
        _device.Backend.MatMul(upstream, Plain(), destination, 1, accumulate);
        Add(term, destination);
    }

    /// <inheritdoc/>
    public Tensor Dequantize()
    {
        if (Master is not null)
        {
            return OutputMajor(Master).Cast(DType.F32);
        }

        Tensor values = _device.Empty([OutFeatures, InFeatures], DType.F32);
        _packed!.Unpack(values);
        return values;
    }

    /// <inheritdoc/>
    public DenseWeight CreateDense(Tensor values, bool trainable)
    {
        bool training = (_use & PackUse.Backward) != 0;
        if (!IsInputMajor)
        {
            return new DenseWeight(values, _compute, trainable, training);
        }

        Tensor stored = _device.Persistent([InFeatures, OutFeatures], values.DType);
        using (StepScope scope = _device.Scope())
        {
            _device.Backend.Copy(OutputMajor(values), stored);
        }

        _device.Release(values);
        return new DenseWeight(stored, _compute, trainable, training, inputMajor: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Master is { } master && master.Packed == _copy)
        {
            master.Packed = null;
        }

        _packed?.Dispose();
    }

    private void Add(LowRankTerm? term, Tensor destination)
    {
        if (term is { } product)
        {
            _device.Backend.MatMul(product.Left, product.Right, destination, 1, accumulate: true);
        }
    }

    private PackedMatrix? Packed()
    {
        if (Master is { } master && (!_hasTriedToPack || _copy is { IsStale: true }))
        {
            _hasTriedToPack = true;
            PackedMatrix? packed = Pack(master, _packed);
            if (packed != _packed)
            {
                _copy = packed is null ? null : new PackedCopy(master, packed);
            }

            _packed = packed;
            _copy?.MarkPacked();

            // An optimiser that changes the values may pack them, too: of two weights with the same values (a tied output layer) either.
            if (!IsInputMajor)
            {
                master.Packed = _copy;
            }
        }

        return _packed;
    }

    private PackedMatrix? Pack(Tensor values, PackedMatrix? reuse)
    {
        using StepScope scope = _device.Scope();
        return _device.Backend.TryPack(OutputMajor(values), _pack, _use, reuse);
    }

    /// <summary>Values as the weight has them under the extents [out, in], or the other way round; a view that is not recorded.</summary>
    private Tensor OutputMajor(Tensor values) => IsInputMajor
        ? _device.View(values, [values.Shape[1], values.Shape[0]], Shape.FromStrides([values.Strides[1], values.Strides[0]]), values.Offset)
        : values;

    /// <summary>The weight as a plain tensor in the precision of products.</summary>
    private Tensor Plain() => Dequantize().Cast(_compute);
}
