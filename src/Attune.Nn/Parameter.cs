using Attune.Tensors;

namespace Attune.Nn;

/// <summary>A named weight of a model. Frozen matrices may be held in packed form only; everything that is trained is held as an F32 tensor.</summary>
public sealed class Parameter
{
    private readonly ILinearWeight? _packed;

    /// <summary>Makes a parameter held as a tensor.</summary>
    public Parameter(string name, Tensor value)
    {
        Name = name;
        Value = value;
        Shape = value.Shape;
    }

    /// <summary>Makes a parameter held by the weight of a linear layer.</summary>
    public Parameter(string name, ILinearWeight weight)
    {
        Name = name;
        _packed = weight;
        Value = weight.Master;
        Shape = weight.IsInputMajor ? [weight.InFeatures, weight.OutFeatures] : [weight.OutFeatures, weight.InFeatures];
    }

    /// <summary>Full name as in the model's files, such as <c>model.layers.0.mlp.up_proj.weight</c>.</summary>
    public string Name { get; }

    /// <summary>Extents.</summary>
    public Shape Shape { get; }

    /// <summary>Number of elements.</summary>
    public long Count => Shape.Count;

    /// <summary>The values as a tensor; null when only a packed form is kept.</summary>
    public Tensor? Value { get; }

    /// <summary>Whether it is the scale or shift of a layer normalisation: weight decay leaves those out whatever their names.</summary>
    public bool IsOfLayerNorm { get; internal set; }

    /// <summary>Whether gradients are collected.</summary>
    public bool IsTrainable => Value is { RequiresGrad: true };

    /// <summary>The values in single precision, as a tensor of the current scope (or the held tensor itself).</summary>
    public Tensor ToFloat32()
    {
        if (Value is { } value)
        {
            return value.Cast(DType.F32);
        }

        Tensor plain = _packed!.Dequantize();
        return _packed.IsInputMajor ? plain.Transpose().Contiguous() : plain;
    }
}
