using Attune.Tensors;
using Attune.Tensors.Autograd;
using Attune.Tensors.Backends;

namespace Attune.Nn;

/// <summary>Cross entropy of an output layer, in chunks of rows, so that the matrix of all logits [N, V] never exists.</summary>
/// <remarks>
/// Shapes: hidden [N, C], weight [V, C], bias [V], labels I32 [N] (all valid), result: the SUM of the N losses, a scalar F32.
/// Gradient: made chunk by chunk in the forward pass, while the logits are at hand: G = softmax - onehot (times the derivative of the logits' transform),
/// dHidden = G W, dW += G^T hidden, db += colsum(G); the backward pass scales them.
/// Numerics: logits have the type of hidden, or F32 where they are transformed; soft-max, losses and dHidden are F32.
/// </remarks>
public static class LinearCrossEntropy
{
    /// <summary>Logits of one chunk take about this many bytes. Every chunk streams the whole weight twice, so there should be few; more than this would hold memory for little.</summary>
    private const long ChunkBytes = 32L << 20;

    /// <summary>Rows that a chunk has even where their logits are more than that, because reading (and turning) the weight for fewer costs a tenth of the products with it.</summary>
    private const long ChunkRows = 256;

    /// <summary>What logits of so many rows may take.</summary>
    private const long MostChunkBytes = 128L << 20;

    /// <summary>Elements between rows of logits: widths like 49,152 would put all rows into the same few sets of a cache.</summary>
    private const int RowPadding = 32;

    /// <summary>The sum of -log p(label) over the rows of <paramref name="hidden"/>.</summary>
    /// <param name="hidden">[N, C].</param>
    /// <param name="head">The output layer.</param>
    /// <param name="labels">I32 [N].</param>
    /// <param name="transform">What is done to the layer's products before they are logits; null for nothing.</param>
    public static Tensor Sum(Tensor hidden, Linear head, Tensor labels, LogitTransform? transform = null)
    {
        if (head.Adapters.Count > 0 || head.Weight is not { IsInputMajor: false } weight)
        {
            Tensor products = head.Forward(hidden).Cast(DType.F32);
            return (transform?.Apply(products) ?? products).CrossEntropy(labels).Sum();
        }

        Device device = hidden.Device;
        Tensor source = hidden.Contiguous();
        var output = new Output(weight, head.Bias?.Value, transform);
        Gradients gradients = device.Tape.IsRecording
            ? new Gradients(GradientFor(source, source.Shape), GradientFor(weight.Master, [weight.OutFeatures, weight.InFeatures]), GradientFor(output.Bias, [weight.OutFeatures]))
            : default;
        Tensor losses = device.Empty([source.Shape[0]], DType.F32);
        Chunks(source, output, labels, losses, gradients);
        Tensor sum = device.Empty([], DType.F32);
        device.Backend.Reduce(ReduceKind.Sum, losses, device.View(sum, [1], [1], sum.Offset));
        if (device.Tape.Record<LinearCrossEntropyNode>(source, weight.Master, output.Bias) is { } node)
        {
            node.Keep(gradients);
            Tape.Produce(node, sum);
        }

        return sum;
    }

    /// <summary>Room for the gradient of a tensor, if one is wanted.</summary>
    private static Tensor? GradientFor(Tensor? tensor, in Shape shape) => tensor is { RequiresGrad: true } ? tensor.Device.Empty(shape, DType.F32) : null;

    private static long RowsOfChunk(long rowBytes) => Math.Max(1, Math.Max(ChunkBytes / rowBytes, Math.Min(ChunkRows, MostChunkBytes / rowBytes)));

    private static void Chunks(Tensor hidden, in Output output, Tensor labels, Tensor losses, in Gradients gradients)
    {
        Device device = hidden.Device;
        using var pause = device.Tape.Pause();
        ILinearWeight weight = output.Weight;
        long rows = hidden.Shape[0];
        DType type = output.Transform is null ? hidden.DType : DType.F32;
        long stride = weight.OutFeatures + RowPadding;
        long most = RowsOfChunk(stride * type.SizeInBytes);
        long chunks = (rows + most - 1) / most;
        for (long chunk = 0; chunk < chunks; chunk++)
        {
            using StepScope scope = device.Scope();
            long start = rows * chunk / chunks;
            long count = (rows * (chunk + 1) / chunks) - start;
            Tensor x = hidden.Narrow(0, start, count);
            Tensor logits = device.Empty([count, stride], type).Narrow(1, 0, weight.OutFeatures);
            weight.Multiply(x, logits, output.Bias, residual: null);
            Tensor? derivative = null;
            if (output.Transform is { } transform)
            {
                logits = transform.Apply(logits);
                derivative = gradients.AnyWanted ? transform.Derivative(logits) : null;
            }

            CrossEntropyOp.Evaluate(logits, labels.Narrow(0, start, count), losses.Narrow(0, start, count), gradients.AnyWanted);
            Tensor upstream = derivative is null ? logits : logits.Mul(derivative);
            if (gradients.Hidden is { } dHidden)
            {
                weight.BackwardInput(upstream, dHidden.Narrow(0, start, count), accumulate: false);
            }

            if (gradients.Weight is { } dWeight)
            {
                device.Backend.MatMul(upstream.Transpose(), x, dWeight, 1, accumulate: start > 0);
            }

            if (gradients.Bias is { } dBias)
            {
                device.Backend.Axpy(1, upstream.Sum(0).Reshape(dBias.Count), start > 0 ? 1 : 0, dBias);
            }
        }
    }

    private readonly record struct Output(ILinearWeight Weight, Tensor? Bias, LogitTransform? Transform);

    private readonly record struct Gradients(Tensor? Hidden, Tensor? Weight, Tensor? Bias)
    {
        public bool AnyWanted => Hidden is not null || Weight is not null || Bias is not null;
    }

    private sealed class LinearCrossEntropyNode : Node<LinearCrossEntropyNode>
    {
        private Gradients _gradients;

        public void Keep(in Gradients gradients) => _gradients = new Gradients(Kept(gradients.Hidden), Kept(gradients.Weight), Kept(gradients.Bias));

        protected override void Backward()
        {
            double scale = Upstream.Item();
            Pass(0, _gradients.Hidden, scale);
            Pass(1, _gradients.Weight, scale);
            Pass(2, _gradients.Bias, scale);
        }

        private Tensor? Kept(Tensor? tensor) => tensor is null ? null : Save(tensor);

        private void Pass(int input, Tensor? gradient, double scale)
        {
            if (Needs(input))
            {
                Tensor target = GradientOf(input, out bool accumulate);
                Device.Backend.Axpy(scale, gradient!, accumulate ? 1 : 0, target);
            }
        }
    }
}
