using System.Runtime.CompilerServices;
using Attune.Tensors;
using Attune.Tensors.Autograd;
using Attune.Tensors.Backends;

namespace Attune.Nn;

/// <summary>
/// Linear layers that read the same input: y_i = x W_i^T + h_i B_i^T + bias_i, where h = s x A^T is one product for the rows of all A_i, so that x is read once.
/// </summary>
/// <remarks>
/// Shapes: x [N, in], A [r, in] with the rows of all A_i, h [N, r] with the columns of all h_i. Gradient: as of <see cref="LinearProduct"/>, with dA = dH^T x in one product, and
/// dX = sum of dY_i W_i + dH A, whose last term goes with the last of the products.
/// </remarks>
internal static class LinearGroup
{
    /// <summary>Most layers: as many as an operation has outputs.</summary>
    private const int MostLayers = 3;

    /// <summary>The layers' outputs with their first updates; false where they cannot be made together.</summary>
    /// <param name="x">[N, in].</param>
    /// <param name="layers">The layers; those without an update go along.</param>
    /// <param name="outputs">Receives the output [N, out] of each.</param>
    public static bool TryForward(Tensor x, ReadOnlySpan<Linear> layers, Span<Tensor> outputs)
    {
        if (!Takes(layers, x))
        {
            return false;
        }

        Device device = x.Device;
        Tensor source = x.Contiguous();
        for (int i = 0; i < layers.Length; i++)
        {
            outputs[i] = device.Empty([source.Shape[0], layers[i].OutFeatures], source.DType);
        }

        using StepScope scope = device.Scope();
        Tensor factors = Join(layers, source, out double scaling);
        Tensor hidden = device.Empty([source.Shape[0], factors.Shape[0]], source.DType);
        device.Backend.MatMul(source, factors.TransposedView(), hidden, scaling, accumulate: false);
        long column = 0;
        for (int i = 0; i < layers.Length; i++)
        {
            LowRankTerm? term = null;
            if (UpdateOf(layers[i]) is { } update)
            {
                term = new LowRankTerm(hidden.ColumnsView(column, update.Rank), update.B.TransposedView());
                column += update.Rank;
            }

            layers[i].Weight.Multiply(source, outputs[i], layers[i].Bias?.Value, residual: null, term);
        }

        Record(source, layers, hidden, factors, outputs);
        return true;
    }

    /// <summary>Whether there are two updates to make at once, with one scaling, that read x as it is, and all else is frozen.</summary>
    private static bool Takes(ReadOnlySpan<Linear> layers, Tensor x)
    {
        int updates = 0;
        double scaling = 0;
        foreach (Linear layer in layers)
        {
            if (layer.InFeatures != x.Shape[^1] || layer.Weight.Master is { RequiresGrad: true } || layer.Bias?.Value is { RequiresGrad: true })
            {
                return false;
            }

            if (UpdateOf(layer) is { } update)
            {
                if ((update.Dropout > 0 && x.Device.IsTraining) || (updates > 0 && update.Scaling != scaling))
                {
                    return false;
                }

                scaling = update.Scaling;
                updates++;
            }
        }

        return updates > 1 && layers.Length <= MostLayers && x.Shape.Rank == 2;
    }

    private static LowRankUpdate? UpdateOf(Linear layer) => layer.Adapters.Count > 0 ? layer.Adapters[0].Update : null;

    /// <summary>The rows of all A_i in the type of products.</summary>
    private static Tensor Join(ReadOnlySpan<Linear> layers, Tensor x, out double scaling)
    {
        long rank = 0;
        scaling = 1;
        foreach (Linear layer in layers)
        {
            if (UpdateOf(layer) is { } update)
            {
                (rank, scaling) = (rank + update.Rank, update.Scaling);
            }
        }

        Tensor factors = x.Device.Empty([rank, x.Shape[1]], x.DType);
        long row = 0;
        foreach (Linear layer in layers)
        {
            if (UpdateOf(layer) is { } update)
            {
                x.Device.Backend.Copy(update.A, factors.RowsView(row, update.Rank));
                row += update.Rank;
            }
        }

        return factors;
    }

    private static void Record(Tensor x, ReadOnlySpan<Linear> layers, Tensor hidden, Tensor factors, Span<Tensor> outputs)
    {
        Inputs inputs = default;
        inputs[0] = x;
        for (int i = 0; i < layers.Length; i++)
        {
            inputs[GroupNode.FactorA(i)] = UpdateOf(layers[i])?.A;
            inputs[GroupNode.FactorB(i)] = UpdateOf(layers[i])?.B;
        }

        if (x.Device.Tape.Record<GroupNode>(inputs) is not { } node)
        {
            return;
        }

        node.X = node.Save(x);
        node.Hidden = node.Save(hidden);
        node.Factors = node.Save(factors);
        node.Layers = layers.Length;
        for (int i = 0; i < layers.Length; i++)
        {
            node.Weights[i] = layers[i].Weight;
            node.Updates[i] = UpdateOf(layers[i]);
            Tape.Produce(node, outputs[i], i);
        }
    }

    [InlineArray(1 + (2 * MostLayers))]
    private struct Inputs
    {
        private Tensor? _first;
    }

    private sealed class GroupNode : Node<GroupNode>
    {
        public ILinearWeight[] Weights { get; } = new ILinearWeight[MostLayers];

        public LowRankUpdate?[] Updates { get; } = new LowRankUpdate?[MostLayers];

        public int Layers { get; set; }

        public Tensor X { get; set; } = null!;

        public Tensor Hidden { get; set; } = null!;

        /// <summary>The rows of all A_i.</summary>
        public Tensor Factors { get; set; } = null!;

        public static int FactorA(int layer) => 1 + (2 * layer);

        public static int FactorB(int layer) => 2 + (2 * layer);

        protected override void Backward()
        {
            // From the last layer to the first one, which takes the term of all of them along.
            Tensor dH = Device.Empty(Hidden.Shape, Hidden.DType);
            long column = Hidden.Shape[1];
            for (int i = Layers - 1; i >= 0; i--)
            {
                Tensor? dY = OutputGradient(i);
                if (Updates[i] is { } update)
                {
                    dY = dY?.InType(Hidden.DType);
                    column -= update.Rank;
                    BackwardUpdate(i, update, dY, Hidden.ColumnsView(column, update.Rank), dH.ColumnsView(column, update.Rank));
                }

                if (i == 0)
                {
                    BackwardFactors(dH);
                }

                if (Needs(0))
                {
                    BackwardInput(i, dY, i == 0 ? new LowRankTerm(dH, Factors) : null);
                }
            }
        }

        /// <summary>The gradients of B and of h; without one of the output, h has none either.</summary>
        private void BackwardUpdate(int layer, LowRankUpdate update, Tensor? dY, Tensor hidden, Tensor dHidden)
        {
            if (dY is null)
            {
                Device.Backend.Fill(dHidden, 0);
                return;
            }

            if (Needs(FactorB(layer)))
            {
                Tensor dB = GradientOf(FactorB(layer), out bool accumulate);
                Device.Backend.MatMul(dY.TransposedView(), hidden, dB, 1, accumulate);
            }

            Device.Backend.MatMul(dY, update.B, dHidden, update.Scaling, accumulate: false);
        }

        /// <summary>The gradients of the A_i; as of those of B, there is none for a layer whose output nothing depended on.</summary>
        private void BackwardFactors(Tensor dH)
        {
            if (!Needs(FactorA(0)) && !Needs(FactorA(1)) && !Needs(FactorA(2)))
            {
                return;
            }

            Tensor dFactors = Device.Empty(Factors.Shape, DType.F32);
            Device.Backend.MatMul(dH.TransposedView(), X, dFactors, 1, accumulate: false);
            long row = 0;
            for (int i = 0; i < Layers; i++)
            {
                if (Updates[i] is not { } update)
                {
                    continue;
                }

                if (OutputGradient(i) is not null)
                {
                    PassGradient(FactorA(i), dFactors.RowsView(row, update.Rank));
                }

                row += update.Rank;
            }
        }

        private void BackwardInput(int layer, Tensor? dY, LowRankTerm? term)
        {
            if (dY is null && term is null)
            {
                return;
            }

            Tensor dX = GradientOf(0, out bool accumulate);
            if (dY is not null)
            {
                Weights[layer].BackwardInput(dY, dX, accumulate, term);
            }
            else if (term is { } alone)
            {
                Device.Backend.MatMul(alone.Left, alone.Right, dX, 1, accumulate);
            }
        }
    }
}
