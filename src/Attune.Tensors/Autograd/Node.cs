using System.Runtime.CompilerServices;

namespace Attune.Tensors.Autograd;

/// <summary>
/// One recorded operation: what it kept from the forward pass and how gradients flow back through it. Nodes are pooled: derive from
/// <see cref="Node{TSelf}"/>, keep state in fields that are set on every use, keep tensors with <see cref="Save"/>.
/// </summary>
public abstract class Node
{
    private const int MaxInputs = 8;
    private const int MaxOutputs = 3;
    private const int MaxSaved = 10;

    private InputList _inputs;
    private TensorList _gradients;
    private SavedList _saved;
    private int _inputCount;
    private int _savedCount;
    private int _generation;

    /// <summary>The device that recorded the operation.</summary>
    protected Device Device { get; private set; } = null!;

    internal bool HasAnyGradient
    {
        get
        {
            for (int i = 0; i < MaxOutputs; i++)
            {
                if (_gradients[i] is not null)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Computes the gradients of the inputs from those of the outputs.</summary>
    protected internal abstract void Backward();

    /// <summary>Hands the node back to the pool of its type.</summary>
    internal abstract void ReturnToPool();

    internal void Begin(Device device) => Device = device;

    /// <summary>Names the next input of the operation; inputs are numbered in the order of these calls.</summary>
    internal void AddInput(Tensor? tensor)
    {
        if (_inputCount == MaxInputs)
        {
            throw new TensorException($"{GetType().Name}: an operation has at most {MaxInputs} inputs");
        }

        tensor?.Producer?.CheckLive(tensor);

        ref Edge edge = ref _inputs[_inputCount++];
        edge = tensor is { RequiresGrad: true }
            ? new Edge(tensor.Producer, tensor.ProducerOutput, tensor.Producer is null ? tensor : null, tensor.Shape, tensor.DType)
            : default;
    }

    /// <summary>Checks that this node still is the use of itself that made a tensor.</summary>
    /// <exception cref="TensorException">The backward pass has run and the node was handed on.</exception>
    internal void CheckLive(Tensor output)
    {
        if (_generation != output.ProducerGeneration)
        {
            throw new TensorException($"tensor {output} comes from operations whose backward pass has already run; detach it or compute it again");
        }
    }

    internal void Produces(Tensor output, int index)
    {
        output.Producer = this;
        output.ProducerOutput = index;
        output.ProducerGeneration = _generation;
        output.RequiresGrad = true;
    }

    /// <summary>Keeps a tensor's memory until the backward pass has used it.</summary>
    /// <returns>A handle that stays valid when the tensor's own scope ends.</returns>
    public Tensor Save(Tensor tensor)
    {
        if (_savedCount == MaxSaved)
        {
            throw new TensorException($"{GetType().Name}: an operation keeps at most {MaxSaved} tensors");
        }

        Tensor alias = Device.Alias(tensor, tensor.Shape, tensor.Strides, tensor.Offset);
        _saved[_savedCount++] = alias;
        return alias;
    }

    /// <summary>Whether a gradient is wanted for an input.</summary>
    protected bool Needs(int input) => _inputs[input].Exists;

    /// <summary>The gradient that has arrived for an output; contiguous. Null when nothing depended on it, which cannot be for a node of one output.</summary>
    protected Tensor? OutputGradient(int output) => _gradients[output];

    /// <summary>The gradient that has arrived for the only output; contiguous.</summary>
    protected Tensor Upstream => _gradients[0]!;

    /// <summary>
    /// The tensor into which the gradient of an input is to be written. When <paramref name="accumulate"/> is true it already holds what other users of the
    /// input contributed, and the operation must add to it.
    /// </summary>
    protected Tensor GradientOf(int input, out bool accumulate)
    {
        ref Edge edge = ref _inputs[input];
        if (edge.Leaf is { } leaf)
        {
            accumulate = leaf.HasGrad;
            leaf.GradBuffer ??= Device.EmptyUnscoped(leaf.Shape, leaf.DType);
            leaf.HasGrad = true;
            return leaf.GradBuffer;
        }

        ref Tensor? slot = ref edge.Producer!._gradients[edge.Output];
        if (slot is null)
        {
            accumulate = false;
            return slot = Device.EmptyUnscoped(edge.Shape, edge.DType);
        }

        accumulate = true;
        if (slot.Storage.References > 1)
        {
            // Somebody else still reads this gradient (it was passed on without a copy): add to a copy of our own.
            Tensor copy = Device.EmptyUnscoped(edge.Shape, edge.DType);
            Device.Backend.Copy(slot, copy);
            Device.Recycle(slot);
            slot = copy;
        }

        return slot;
    }

    /// <summary>Passes a gradient on to an input as it is, without a copy when the input has no other gradient yet.</summary>
    protected void PassGradient(int input, Tensor gradient)
    {
        ref Edge edge = ref _inputs[input];
        if (!edge.Exists)
        {
            return;
        }

        if (gradient.Shape != edge.Shape)
        {
            throw new TensorException($"{GetType().Name}: the gradient of input {input} has shape {gradient.Shape}, the input {edge.Shape}");
        }

        if (edge.Leaf is null && gradient.IsContiguous && gradient.DType == edge.DType && edge.Producer!._gradients[edge.Output] is null)
        {
            edge.Producer._gradients[edge.Output] = Device.Alias(gradient, gradient.Shape, gradient.Strides, gradient.Offset);
            return;
        }

        Tensor target = GradientOf(input, out bool accumulate);
        if (accumulate)
        {
            Device.Backend.Axpy(1, gradient, 1, target);
        }
        else
        {
            Device.Backend.Copy(gradient, target);
        }
    }

    internal void Seed(int output, Tensor gradient) => _gradients[output] = Device.Alias(gradient, gradient.Shape, gradient.Strides, gradient.Offset);

    /// <summary>Lets go of everything and goes back to the pool.</summary>
    internal void Release()
    {
        for (int i = 0; i < _savedCount; i++)
        {
            Device.Recycle(_saved[i]!);
            _saved[i] = null;
        }

        for (int i = 0; i < MaxOutputs; i++)
        {
            if (_gradients[i] is { } gradient)
            {
                Device.Recycle(gradient);
                _gradients[i] = null;
            }
        }

        for (int i = 0; i < _inputCount; i++)
        {
            _inputs[i] = default;
        }

        _savedCount = 0;
        _inputCount = 0;
        _generation++;
        ReturnToPool();
    }

    /// <summary>Where an input came from: an earlier operation, or a parameter.</summary>
    private record struct Edge(Node? Producer, int Output, Tensor? Leaf, Shape Shape, DType DType)
    {
        public readonly bool Exists => Producer is not null || Leaf is not null;
    }

    [InlineArray(MaxInputs)]
    private struct InputList
    {
        private Edge _first;
    }

    [InlineArray(MaxOutputs)]
    private struct TensorList
    {
        private Tensor? _first;
    }

    [InlineArray(MaxSaved)]
    private struct SavedList
    {
        private Tensor? _first;
    }
}

/// <summary>A node whose objects are reused.</summary>
/// <typeparam name="TSelf">The deriving class.</typeparam>
public abstract class Node<TSelf> : Node
    where TSelf : Node<TSelf>, new()
{
    [ThreadStatic]
    private static Stack<TSelf>? _pool;

    internal static TSelf Rent() => _pool is not null && _pool.TryPop(out TSelf? node) ? node : new TSelf();

    internal override void ReturnToPool() => (_pool ??= new Stack<TSelf>()).Push((TSelf)this);
}
