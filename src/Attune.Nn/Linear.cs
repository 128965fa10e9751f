using Attune.Tensors;

namespace Attune.Nn;

/// <summary>What an adapter adds to a linear layer.</summary>
public interface ILinearAdapter
{
    /// <summary>The part of it that is a low-rank update of the weight: the layer multiplies both at once. Null for none.</summary>
    LowRankUpdate? Update => null;

    /// <summary>The adapted output for an input [N, in] and the layer's output [N, out], which has the <see cref="Update"/> in it.</summary>
    Tensor Forward(Linear layer, Tensor x, Tensor output);
}

/// <summary>y = x W^T + b, the seam at which adapters and quantised weights come in.</summary>
public sealed class Linear : Module
{
    private Parameter _parameter;

    /// <summary>Makes a layer from a weight and a bias.</summary>
    public Linear(string name, ILinearWeight weight, Parameter? bias, Parameter? tied = null)
        : base(name)
    {
        Weight = weight;
        _parameter = tied ?? new Parameter($"{name}.weight", weight);
        Bias = bias;
        Own(_parameter);
        Own(bias);
    }

    /// <summary>The weight [out, in].</summary>
    public ILinearWeight Weight { get; private set; }

    /// <summary>The bias [out], if there is one.</summary>
    public Parameter? Bias { get; private set; }

    /// <summary>The adapters in use, in the order in which they add to the output.</summary>
    public IList<ILinearAdapter> Adapters { get; } = [];

    /// <summary>Columns of the weight.</summary>
    public int InFeatures => Weight.InFeatures;

    /// <summary>Rows of the weight.</summary>
    public int OutFeatures => Weight.OutFeatures;

    /// <summary>The layer's output [N, out] for x [N, in], with its adapters; in the type of x.</summary>
    /// <param name="x">[N, in].</param>
    /// <param name="residual">Added to the output, which then has its type: the hidden states that a block's branch is added to. Null for none.</param>
    public Tensor Forward(Tensor x, Tensor? residual = null)
    {
        Tensor y = Weight.Forward(x, Bias?.Value, residual, Adapters.Count > 0 ? Adapters[0].Update : null);
        return Adapt(x, y);
    }

    /// <summary>
    /// The outputs of layers that read the same input, each as from <see cref="Forward(Tensor, Tensor?)"/>; their low-rank updates, or weights of few bits with few rows, read it together.
    /// </summary>
    /// <param name="x">[N, in].</param>
    /// <param name="layers">The layers.</param>
    /// <param name="outputs">Receives the output of each.</param>
    public static void Forward(Tensor x, ReadOnlySpan<Linear> layers, Span<Tensor> outputs)
    {
        bool isDone = LinearGroup.TryForward(x, layers, outputs) || BlockWeight.TryForward(x, layers, outputs);
        for (int i = 0; i < layers.Length; i++)
        {
            outputs[i] = isDone ? layers[i].Adapt(x, outputs[i]) : layers[i].Forward(x);
        }
    }

    /// <summary>The output with what adapters do to it, except for the first update, which went with the weight.</summary>
    private Tensor Adapt(Tensor x, Tensor y)
    {
        for (int i = 0; i < Adapters.Count; i++)
        {
            Tensor output = i > 0 && Adapters[i].Update is { } update ? update.AddTo(y, x) : y;
            y = Adapters[i].Forward(this, x, output);
        }

        return y;
    }

    /// <summary>Puts another weight in place of the layer's own.</summary>
    /// <param name="weight">The new weight.</param>
    /// <param name="parameter">The parameter that stands for it.</param>
    /// <returns>What was there.</returns>
    public (ILinearWeight Weight, Parameter Parameter) Exchange(ILinearWeight weight, Parameter parameter)
    {
        (ILinearWeight, Parameter) old = (Weight, _parameter);
        Replace(_parameter, parameter);
        _parameter = parameter;
        Weight = weight;
        return old;
    }

    /// <summary>Puts another bias in place of the layer's own.</summary>
    /// <returns>What was there.</returns>
    /// <exception cref="InvalidOperationException">The layer has no bias.</exception>
    public Parameter ExchangeBias(Parameter bias)
    {
        Parameter old = Bias ?? throw new InvalidOperationException($"{Name} has no bias");
        Replace(old, bias);
        Bias = bias;
        return old;
    }
}
