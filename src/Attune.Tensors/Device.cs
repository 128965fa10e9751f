using System.Runtime.InteropServices;
using Attune.Tensors.Autograd;
using Attune.Tensors.Backends;

namespace Attune.Tensors;

/// <summary>
/// A backend with its memory and its tape: makes tensors, owns the temporaries of a step, records operations for the backward pass.
/// Used by one thread at a time.
/// </summary>
public sealed class Device : IDisposable
{
    private const int RestingHandles = 256;

    private readonly MemoryPool _memory;
    /// <summary>
    /// Handles that were given back, the oldest first: a handle rests while so many others are used, so that a use after the end of its scope meets an empty handle and is an error.
    /// </summary>
    private readonly Queue<Tensor> _spare = new();
    private readonly List<Tensor> _scoped = [];
    private readonly Stack<int> _scopeStarts = new();
#if DEBUG
    /// <summary>Where tensors outside of scopes were made; without lines of files, which take a hundred times the memory of a weight's placeholder to find.</summary>
    private readonly Dictionary<Tensor, System.Diagnostics.StackTrace> _persistent = [];
#endif

    /// <summary>Makes a device over a backend.</summary>
    public Device(IBackend backend)
    {
        Backend = backend;
        _memory = new MemoryPool(backend);
        Tape = new Tape(this);
    }

    /// <summary>What computes.</summary>
    public IBackend Backend { get; }

    /// <summary>The operations recorded for the backward pass.</summary>
    public Tape Tape { get; }

    /// <summary>State of the counter-based random numbers that dropout draws from.</summary>
    public RandomState Random { get; set; }

    /// <summary>Whether layers that behave differently in training (dropout) do so.</summary>
    public bool IsTraining { get; set; }

    /// <summary>Bytes that tensors hold now.</summary>
    public long LiveBytes => _memory.LiveBytes;

    /// <summary>The most bytes that tensors ever held.</summary>
    public long PeakBytes => _memory.PeakBytes;

    /// <summary>Bytes taken from the backend: those that tensors hold and those kept for reuse.</summary>
    public long ReservedBytes => _memory.ReservedBytes;

    /// <summary>Opens a scope: tensors made from now on are given back when it is disposed, unless kept.</summary>
    public StepScope Scope()
    {
        _scopeStarts.Push(_scoped.Count);
        return new StepScope(this, _scopeStarts.Count);
    }

    /// <summary>Makes a tensor whose elements have no defined value.</summary>
    public Tensor Empty(in Shape shape, DType dtype)
    {
        Tensor tensor = EmptyUnscoped(shape, dtype);
        Enlist(tensor);
        return tensor;
    }

    /// <summary>Makes a tensor that lives until <see cref="Release"/>, whatever scopes are open: a parameter, a cache. Its elements have no defined value.</summary>
    public Tensor Persistent(in Shape shape, DType dtype)
    {
        Tensor tensor = EmptyUnscoped(shape, dtype);
#if DEBUG
        _persistent[tensor] = new System.Diagnostics.StackTrace(fNeedFileInfo: false);
#endif
        return tensor;
    }

    /// <summary>Makes a tensor filled with one value.</summary>
    public Tensor Full(in Shape shape, DType dtype, double value)
    {
        Tensor tensor = Empty(shape, dtype);
        Backend.Fill(tensor, value);
        return tensor;
    }

    /// <summary>Makes a tensor of zeros.</summary>
    public Tensor Zeros(in Shape shape, DType dtype) => Full(shape, dtype, 0);

    /// <summary>Makes a tensor from values in host memory, row-major; <typeparamref name="T"/> is the type that fits <paramref name="dtype"/> in size.</summary>
    /// <exception cref="TensorException">The number of values or their size does not fit.</exception>
    public Tensor From<T>(ReadOnlySpan<T> values, in Shape shape, DType dtype)
        where T : unmanaged
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(values);
        if (bytes.Length != shape.Count * dtype.SizeInBytes)
        {
            throw new TensorException($"a {dtype.SafetensorsName} tensor of shape {shape} takes {shape.Count * dtype.SizeInBytes} bytes, {bytes.Length} were given");
        }

        Tensor tensor = Empty(shape, dtype);
        Backend.Write(tensor.Storage, 0, bytes);
        return tensor;
    }

    /// <summary>Makes an F32 tensor from values in host memory.</summary>
    public Tensor From(ReadOnlySpan<float> values, in Shape shape) => From(values, shape, DType.F32);

    /// <summary>Makes an I32 tensor from values in host memory.</summary>
    public Tensor From(ReadOnlySpan<int> values, in Shape shape) => From(values, shape, DType.I32);

    /// <summary>Makes another view into a tensor's memory. No gradient flows through it; operations use it to build their results.</summary>
    public Tensor View(Tensor source, in Shape shape, in Shape strides, long offset)
    {
        Tensor view = Alias(source, shape, strides, offset);
        Enlist(view);
        return view;
    }

    /// <summary>Gives a tensor made outside of any scope back to the pool. Tensors of a scope need no call.</summary>
    public void Release(Tensor tensor)
    {
        if (tensor.ScopeSlot >= 0)
        {
            throw new TensorException($"tensor {tensor} belongs to a scope, which gives it back by itself");
        }

#if DEBUG
        _persistent.Remove(tensor);
#endif
        Recycle(tensor);
    }

    /// <summary>Moves a tensor from the innermost scope to the one around it.</summary>
    public void Keep(Tensor tensor)
    {
        if (_scopeStarts.Count == 0)
        {
            return;
        }

        int start = _scopeStarts.Pop();
        if (tensor.ScopeSlot >= start)
        {
            Tensor other = _scoped[start];
            (_scoped[start], _scoped[tensor.ScopeSlot]) = (tensor, other);
            other.ScopeSlot = tensor.ScopeSlot;
            tensor.ScopeSlot = start;
            start++;
        }

        _scopeStarts.Push(start);
    }

    /// <summary>Gives unused memory back to the backend.</summary>
    public void TrimMemory() => _memory.Trim();

    /// <summary>Gives unused memory back to the backend; tensors that are still held keep theirs.</summary>
    public void Dispose()
    {
        Tape.Clear();
        _memory.Trim();
#if DEBUG
        if (_persistent.Count > 0)
        {
            System.Diagnostics.Trace.WriteLine($"{_persistent.Count} tensors were made outside of a scope and never released; the first was made at {_persistent.Values.First()}");
        }
#endif
    }

    /// <summary>A tensor that no scope owns; whoever asks must <see cref="Recycle"/> it.</summary>
    internal Tensor EmptyUnscoped(in Shape shape, DType dtype)
    {
        Tensor tensor = Spare();
        tensor.Attach(_memory.Rent(checked(shape.Count * dtype.SizeInBytes)), 0, shape, shape.ContiguousStrides(), dtype);
        return tensor;
    }

    /// <summary>A second handle on a tensor's memory that no scope owns.</summary>
    internal Tensor Alias(Tensor source, in Shape shape, in Shape strides, long offset)
    {
        Tensor tensor = Spare();
        tensor.Attach(source.Storage, offset, shape, strides, source.DType);
        return tensor;
    }

    internal void Recycle(Tensor tensor)
    {
        if (tensor.GradBuffer is { } gradient)
        {
            tensor.GradBuffer = null;
            Recycle(gradient);
        }

        if (tensor.Detach() is not { } storage)
        {
            return;
        }

        if (--storage.References == 0)
        {
            _memory.Return(storage);
        }

        // Debug builds never hand a handle out twice, so that a use after the end of its scope is always noticed.
#if !DEBUG
        _spare.Enqueue(tensor);
#endif
    }

    internal void EndScope(int depth)
    {
        if (depth != _scopeStarts.Count)
        {
            throw new TensorException($"scopes must end innermost first: scope {depth} was ended while {_scopeStarts.Count} are open");
        }

        int start = _scopeStarts.Pop();
        for (int i = _scoped.Count - 1; i >= start; i--)
        {
            _scoped[i].ScopeSlot = -1;
            Recycle(_scoped[i]);
        }

        _scoped.RemoveRange(start, _scoped.Count - start);
    }

    /// <summary>Puts a tensor under the innermost scope, if one is open.</summary>
    internal void Enlist(Tensor tensor)
    {
        if (_scopeStarts.Count == 0)
        {
#if DEBUG
            _persistent[tensor] = new System.Diagnostics.StackTrace(fNeedFileInfo: false);
#endif
            return;
        }

        tensor.ScopeSlot = _scoped.Count;
        _scoped.Add(tensor);
    }

    private Tensor Spare() => _spare.Count > RestingHandles ? _spare.Dequeue() : new Tensor(this);
}

/// <summary>Owns the tensors made while it is open. Ends with <see cref="Dispose"/>, innermost first.</summary>
public readonly struct StepScope : IDisposable, IEquatable<StepScope>
{
    private readonly Device _device;
    private readonly int _depth;

    internal StepScope(Device device, int depth)
    {
        _device = device;
        _depth = depth;
    }

    /// <summary>Moves a tensor to the scope around this one and returns it.</summary>
    public Tensor Keep(Tensor tensor)
    {
        _device.Keep(tensor);
        return tensor;
    }

    /// <summary>Gives back every tensor made since the scope was opened and not kept.</summary>
    public void Dispose() => _device.EndScope(_depth);

    /// <inheritdoc/>
    public bool Equals(StepScope other) => _device == other._device && _depth == other._depth;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is StepScope other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_device, _depth);

    /// <summary>Whether two values name the same scope.</summary>
    public static bool operator ==(StepScope left, StepScope right) => left.Equals(right);

    /// <summary>Whether two values name different scopes.</summary>
    public static bool operator !=(StepScope left, StepScope right) => !left.Equals(right);
}
