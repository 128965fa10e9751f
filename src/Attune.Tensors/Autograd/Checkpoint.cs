namespace Attune.Tensors.Autograd;

/// <summary>
/// Gradient checkpointing (Chen et al. 2016): a part of the network keeps only its input and is computed again when its gradient is wanted.
/// The second computation draws the same random numbers, so the result is equal bit for bit.
/// </summary>
public static class Checkpoint
{
    /// <summary>Computes <paramref name="body"/> without keeping what happens inside.</summary>
    /// <param name="body">The part of the network; keep the delegate in a field, so that a step allocates nothing.</param>
    /// <param name="x">Its input.</param>
    /// <param name="context">What else it reads; must still be valid when the backward pass runs.</param>
    public static Tensor Run<TContext>(Func<Tensor, TContext, Tensor> body, Tensor x, TContext context)
    {
        Device device = x.Device;
        if (!device.Tape.IsRecording)
        {
            return body(x, context);
        }

        RandomState random = device.Random;
        Tensor y;
        using (StepScope scope = device.Scope())
        {
            using var pause = device.Tape.Pause();
            y = scope.Keep(body(x, context));
        }

        CheckpointNode<TContext> node = device.Tape.RecordAlways<CheckpointNode<TContext>>(x)!;
        node.Body = body;
        node.X = node.Save(x);
        node.Context = context;
        node.Random = random;
        Tape.Produce(node, y);
        return y;
    }

    private sealed class CheckpointNode<TContext> : Node<CheckpointNode<TContext>>
    {
        public Func<Tensor, TContext, Tensor> Body { get; set; } = null!;

        public Tensor X { get; set; } = null!;

        public TContext Context { get; set; } = default!;

        public RandomState Random { get; set; }

        protected internal override void Backward()
        {
            RandomState after = Device.Random;
            Device.Random = Random;
            Tensor x = Device.View(X, X.Shape, X.Strides, X.Offset);
            x.RequiresGrad = Needs(0);
            int mark = Device.Tape.Position;
            using (Device.Tape.Resume())
            {
                Tensor y = Body(x, Context);
                if (y.RequiresGrad)
                {
                    Device.Tape.Backward(y, Upstream, mark);
                }
            }

            Device.Random = after;
            if (x.Grad is { } gradient)
            {
                PassGradient(0, gradient);
            }
        }
    }
}
