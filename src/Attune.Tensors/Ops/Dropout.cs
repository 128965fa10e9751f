using Attune.Tensors.Autograd;

namespace Attune.Tensors;

/// <summary>Dropout (Srivastava et al. 2014), scaled so that the expectation stays.</summary>
public static class DropoutOp
{
    extension(Tensor x)
    {
        /// <summary>
        /// Each element with probability p replaced by 0, the others divided by 1 - p. Draws from <see cref="Device.Random"/> and moves it on; the backward pass draws the
        /// same numbers again, so that no mask is kept.
        /// </summary>
        /// <param name="probability">In [0, 1).</param>
        public Tensor Dropout(double probability)
        {
            if (probability is not (>= 0 and < 1))
            {
                throw new TensorException($"dropout: the probability must be in [0, 1), found {probability}");
            }

            if (probability == 0)
            {
                return x;
            }

            RandomState random = x.Device.Random;
            x.Device.Random = random.Advance(x.Count);
            Tensor y = x.Device.Empty(x.Shape, x.DType);
            x.Device.Backend.Dropout(x, y, probability, random, accumulate: false);
            if (x.Device.Tape.Record<DropoutNode>(x) is { } node)
            {
                node.Probability = probability;
                node.Random = random;
                Tape.Produce(node, y);
            }

            return y;
        }
    }

    private sealed class DropoutNode : Node<DropoutNode>
    {
        public double Probability { get; set; }

        public RandomState Random { get; set; }

        protected internal override void Backward()
        {
            Tensor dX = GradientOf(0, out bool accumulate);
            Device.Backend.Dropout(Upstream, dX, Probability, Random, accumulate);
        }
    }
}
