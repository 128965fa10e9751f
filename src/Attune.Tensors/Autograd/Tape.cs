namespace Attune.Tensors.Autograd;

/// <summary>The operations of a forward pass in the order in which they ran; the backward pass walks them in reverse.</summary>
public sealed class Tape
{
    private readonly Device _device;
    private readonly List<Node> _nodes = [];
    private int _paused;

    internal Tape(Device device) => _device = device;

    /// <summary>Whether operations are recorded.</summary>
    public bool IsRecording => _paused == 0;

    /// <summary>Number of recorded operations: a mark to which <see cref="Backward(Tensor, Tensor, int)"/> goes back.</summary>
    public int Position => _nodes.Count;

    /// <summary>Stops recording until the result is disposed: for evaluation, generation and the first pass of a recomputed block.</summary>
    public PauseScope Pause()
    {
        _paused++;
        return new PauseScope(this);
    }

    /// <summary>
    /// Starts a node when a gradient is wanted for any of the inputs; null when there is nothing to record. The caller fills the node's fields, saves what it needs
    /// and calls <see cref="Produce"/>.
    /// </summary>
    public TNode? Record<TNode>(params ReadOnlySpan<Tensor?> inputs)
        where TNode : Node<TNode>, new()
    {
        if (!IsRecording)
        {
            return null;
        }

        bool wanted = false;
        foreach (Tensor? input in inputs)
        {
            wanted |= input is { RequiresGrad: true };
        }

        if (!wanted)
        {
            return null;
        }

        return Append<TNode>(inputs);
    }

    /// <summary>Starts a node whatever its inputs want: parameters inside it may want gradients. Null only while recording is paused.</summary>
    public TNode? RecordAlways<TNode>(params ReadOnlySpan<Tensor?> inputs)
        where TNode : Node<TNode>, new() => IsRecording ? Append<TNode>(inputs) : null;

    /// <summary>Says which tensor a node has made.</summary>
    public static void Produce(Node node, Tensor output, int index = 0) => node.Produces(output, index);

    /// <summary>
    /// Computes the gradients of all parameters that <paramref name="loss"/> depends on and forgets the recorded operations. Gradients add to what is there.
    /// </summary>
    /// <param name="loss">A scalar.</param>
    /// <param name="scale">Factor of the loss: 1 / (tokens of the step) for a sum of token losses.</param>
    /// <exception cref="TensorException">The tensor is not a scalar or nothing that it depends on wants a gradient.</exception>
    public void Backward(Tensor loss, double scale = 1)
    {
        if (loss.Count != 1)
        {
            throw new TensorException($"backward starts from a scalar; found shape {loss.Shape}");
        }

        using StepScope scope = _device.Scope();
        Backward(loss, _device.Full(loss.Shape, loss.DType, scale), 0);
    }

    /// <summary>Runs the operations recorded since <paramref name="mark"/> backwards from one output with a given gradient, and forgets them.</summary>
    public void Backward(Tensor output, Tensor gradient, int mark)
    {
        if (output.Producer is null)
        {
            throw new TensorException("backward: nothing that this tensor depends on wants a gradient (was recording paused?)");
        }

        output.Producer.CheckLive(output);
        if (gradient.Shape != output.Shape || gradient.DType != output.DType || !gradient.IsContiguous)
        {
            throw new TensorException($"backward: expected a contiguous gradient like the output {output}, found {gradient}");
        }

        output.Producer.Seed(output.ProducerOutput, gradient);
        using PauseScope pause = Pause();
        for (int i = _nodes.Count - 1; i >= mark; i--)
        {
            Node node = _nodes[i];
            if (node.HasAnyGradient)
            {
                using StepScope scope = _device.Scope();
                node.Backward();
            }

            // A node may have recorded (and run) more behind itself; what is recorded at i is still this one.
            _nodes.RemoveAt(i);
            node.Release();
        }
    }

    /// <summary>Forgets the recorded operations without running them.</summary>
    public void Clear()
    {
        foreach (Node node in _nodes)
        {
            node.Release();
        }

        _nodes.Clear();
    }

    private TNode Append<TNode>(ReadOnlySpan<Tensor?> inputs)
        where TNode : Node<TNode>, new()
    {
        TNode node = Node<TNode>.Rent();
        node.Begin(_device);
        foreach (Tensor? input in inputs)
        {
            node.AddInput(input);
        }

        _nodes.Add(node);
        return node;
    }

    internal RecordScope Resume()
    {
        int paused = _paused;
        _paused = 0;
        return new RecordScope(this, paused);
    }

    /// <summary>Recording goes on when this is disposed.</summary>
    public readonly ref struct PauseScope(Tape tape)
    {
        /// <summary>Ends the pause.</summary>
        public void Dispose() => tape._paused--;
    }

    internal readonly ref struct RecordScope(Tape tape, int paused)
    {
        public void Dispose() => tape._paused = paused;
    }
}
