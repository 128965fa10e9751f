using Attune.Tensors.Autograd;

namespace Attune.Tensors;

/// <summary>
/// A strided view into a block of backend memory. Made by a <see cref="Device"/>: inside a scope it lives until the scope ends, outside it lives until
/// <see cref="Device.Release"/>. Operations are extension methods, one file each.
/// </summary>
public sealed class Tensor
{
    private Storage? _storage;
    private Shape _shape;
    private Shape _strides;

    internal Tensor(Device device) => Device = device;

    /// <summary>The device that made the tensor.</summary>
    public Device Device { get; }

    /// <summary>The memory that the tensor looks into.</summary>
    /// <exception cref="TensorException">The scope in which the tensor was made has ended.</exception>
    public Storage Storage => _storage ?? throw new TensorException($"tensor of shape {Shape} is used after the scope in which it was made has ended; Keep it or make it outside");

    /// <summary>Place of the first element in the storage, in elements.</summary>
    public long Offset { get; private set; }

    /// <summary>Extents, outermost first.</summary>
    public ref readonly Shape Shape => ref _shape;

    /// <summary>Distance between neighbours of each dimension, in elements; 0 where a value is repeated.</summary>
    public ref readonly Shape Strides => ref _strides;

    /// <summary>Element type.</summary>
    public DType DType { get; private set; }

    /// <summary>Number of elements.</summary>
    public long Count => Shape.Count;

    /// <summary>Whether the elements lie row-major without gaps.</summary>
    public bool IsContiguous { get; private set; }

    /// <summary>
    /// Whether gradients are collected for this tensor. Set it on a parameter (a tensor made outside of any scope); results of operations inherit it.
    /// </summary>
    public bool RequiresGrad { get; set; }

    /// <summary>Counts changes of a parameter's values, so that packed copies know when they are stale; raised by <see cref="MarkChanged"/>.</summary>
    public int Version { get; private set; }

    /// <summary>A packed copy, [rows, columns] as the tensor, of a parameter's values; null for none, or where who packed it keeps it to itself.</summary>
    public PackedCopy? Packed { get; set; }

    /// <summary>The gradient collected since the last <see cref="ZeroGrad"/>; null when there is none.</summary>
    public Tensor? Grad => HasGrad ? GradBuffer : null;

    internal Tensor? GradBuffer { get; set; }

    internal bool HasGrad { get; set; }

    internal Node? Producer { get; set; }

    internal int ProducerOutput { get; set; }

    /// <summary>Which use of the (pooled) producer made this tensor.</summary>
    internal int ProducerGeneration { get; set; }

    /// <summary>Place in the list of scoped tensors; -1 for a tensor outside of any scope.</summary>
    internal int ScopeSlot { get; set; } = -1;

    /// <summary>Forgets the gradient; its memory is kept and written over by the next backward pass.</summary>
    public void ZeroGrad() => HasGrad = false;

    /// <summary>Says that the values were changed in place.</summary>
    public void MarkChanged() => Version++;

    /// <summary>Shape and type, such as <c>F32[3, 17]</c>.</summary>
    public override string ToString() => $"{DType.SafetensorsName}{Shape}";

    internal void Attach(Storage storage, long offset, in Shape shape, in Shape strides, DType dtype)
    {
        storage.References++;
        _storage = storage;
        Offset = offset;
        _shape = shape;
        _strides = strides;
        DType = dtype;
        IsContiguous = shape.IsContiguous(strides);
        RequiresGrad = false;
        Packed = null;
        GradBuffer = null;
        HasGrad = false;
        Producer = null;
        ProducerOutput = 0;
        ScopeSlot = -1;
    }

    internal Storage? Detach()
    {
        Storage? storage = _storage;
        _storage = null;
        Producer = null;
        return storage;
    }
}
