using Attune.Nn;
using Attune.Tensors;

namespace Attune.Adapters.Methods;

/// <summary>The update of one layer: A [r, in] and B [out, r].</summary>
internal abstract class LoraLayer
{
    protected LoraLayer(Module layer, Parameter a, Parameter b, Parameter? bias, double scaling)
    {
        Layer = layer;
        A = a;
        B = b;
        Bias = bias;
        Scaling = scaling;
    }

    public Module Layer { get; }

    public Parameter A { get; }

    public Parameter B { get; }

    public Parameter? Bias { get; }

    public double Scaling { get; }

    public IEnumerable<Parameter> Parameters => Bias is null ? [A, B] : [A, B, Bias];

    public abstract void Attach();

    public abstract void Detach();

    /// <summary>Puts the adapted weight in place of the layer's own.</summary>
    public abstract void Merge();

    public abstract void Unmerge();

    /// <summary>s B A as a tensor of the current scope, [out, in].</summary>
    protected Tensor Delta()
    {
        Device device = A.Value!.Device;
        Tensor delta = device.Empty([B.Shape[0], A.Shape[1]], DType.F32);
        device.Backend.MatMul(B.Value!, A.Value!, delta, Scaling, accumulate: false);
        return delta;
    }
}

/// <summary>The update of a linear layer.</summary>
internal sealed class LoraLinear(Linear layer, Parameter a, Parameter b, Parameter? bias, double scaling, double dropout)
    : LoraLayer(layer, a, b, bias, scaling), ILinearAdapter
{
    private (ILinearWeight Weight, Parameter Parameter) _original;

    public LowRankUpdate Update { get; } = new(a.Value!, b.Value!, scaling, dropout);

    public Tensor Forward(Linear layer, Tensor x, Tensor output) =>
        Bias is null ? output : output.Add(Bias.Value!.Affine(Scaling).Cast(output.DType));

    public override void Attach() => layer.Adapters.Add(this);

    public override void Detach() => layer.Adapters.Remove(this);

    public override void Merge()
    {
        if (Bias is not null)
        {
            throw new AdapterException($"'{layer.Name}': an update with a bias of its own (lora_bias) cannot be merged into a layer without one");
        }

        Device device = A.Value!.Device;
        Tensor merged = device.Persistent([layer.OutFeatures, layer.InFeatures], DType.F32);
        using (StepScope scope = device.Scope())
        using (device.Tape.Pause())
        {
            device.Backend.Copy(layer.Weight.Dequantize().Add(Delta()), merged);
        }

        DenseWeight weight = layer.Weight.CreateDense(merged, trainable: false);
        _original = layer.Exchange(weight, new Parameter($"{layer.Name}.weight", weight));
    }

    public override void Unmerge()
    {
        (ILinearWeight merged, _) = layer.Exchange(_original.Weight, _original.Parameter);
        (merged as IDisposable)?.Dispose();
    }
}

/// <summary>The update of an embedding: delta (B A)^T, with A [r, V] and B [C, r].</summary>
internal sealed class LoraEmbedding(Embedding layer, Parameter a, Parameter b, double scaling)
    : LoraLayer(layer, a, b, null, scaling), IEmbeddingAdapter
{
    private Parameter? _original;

    public Tensor Forward(Embedding layer, Tensor ids, Tensor output)
    {
        Tensor rows = A.Value!.Transpose().Contiguous().Embedding(ids);
        return output.Add(rows.MatMul(B.Value!.Transpose()).Affine(Scaling).Cast(output.DType));
    }

    public override void Attach() => layer.Adapters.Add(this);

    public override void Detach() => layer.Adapters.Remove(this);

    public override void Merge()
    {
        Device device = A.Value!.Device;
        Tensor merged = device.Persistent(layer.Table.Shape, layer.Table.Value!.DType);
        using (StepScope scope = device.Scope())
        using (device.Tape.Pause())
        {
            device.Backend.Copy(layer.Table.ToFloat32().Add(Delta().Transpose()), merged);
        }

        _original = layer.Exchange(new Parameter(layer.Table.Name, merged));
    }

    public override void Unmerge()
    {
        Parameter merged = layer.Exchange(_original!);
        merged.Value!.Device.Release(merged.Value);
    }
}
