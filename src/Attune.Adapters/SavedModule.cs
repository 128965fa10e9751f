using Attune.Nn;
using Attune.Tensors;

namespace Attune.Adapters;

/// <summary>A full copy of a module that is trained in its place (PEFT's <c>modules_to_save</c>).</summary>
internal abstract class SavedModule
{
    /// <summary>The trained copies of the module's parameters.</summary>
    public abstract IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Puts the copy in the module's place, or the module's own weights back.</summary>
    public abstract void Exchange();

    /// <summary>Frees the copy, which is not in the module's place any more.</summary>
    public abstract void Release(Device device);

    public static SavedModule Of(Module module, string prefix, Device device, Func<Tensor, Tensor> persist) => module switch
    {
        Linear layer => new SavedLinear(layer, prefix, device, persist),
        Embedding layer => new SavedEmbedding(layer, prefix, device, persist),
        Norm => throw new AdapterException($"modules_to_save: '{module.Name}' is a norm; train it with the freeze method"),
        _ => throw new AdapterException($"modules_to_save: '{module.Name}' is a {module.GetType().Name}; only linear layers and embeddings can be saved whole"),
    };

    private sealed class SavedLinear : SavedModule
    {
        private readonly Linear _layer;
        private readonly DenseWeight _copy;
        private (ILinearWeight Weight, Parameter Parameter) _other;
        private Parameter? _otherBias;

        public SavedLinear(Linear layer, string prefix, Device device, Func<Tensor, Tensor> persist)
        {
            _layer = layer;
            using StepScope scope = device.Scope();
            _copy = layer.Weight.CreateDense(persist(layer.Weight.Dequantize()), trainable: true);
            _other = (_copy, new Parameter($"{layer.Name}.weight", _copy));
            Parameters = [new Parameter($"{prefix}{layer.Name}.weight", _copy)];
            if (layer.Bias is { } bias)
            {
                Tensor values = persist(bias.ToFloat32());
                values.RequiresGrad = true;
                _otherBias = new Parameter(bias.Name, values);
                Parameters = [.. Parameters, new Parameter(prefix + bias.Name, values)];
            }
        }

        public override IReadOnlyList<Parameter> Parameters { get; }

        public override void Exchange()
        {
            _other = _layer.Exchange(_other.Weight, _other.Parameter);
            _otherBias = _otherBias is null ? null : _layer.ExchangeBias(_otherBias);
        }

        public override void Release(Device device)
        {
            _copy.Dispose();
            device.Release(_copy.Master!);
            if (_otherBias?.Value is { } bias)
            {
                device.Release(bias);
            }
        }
    }

    private sealed class SavedEmbedding : SavedModule
    {
        private readonly Embedding _layer;
        private Parameter _other;

        public SavedEmbedding(Embedding layer, string prefix, Device device, Func<Tensor, Tensor> persist)
        {
            _layer = layer;
            using StepScope scope = device.Scope();
            Tensor copy = persist(layer.Table.ToFloat32());
            copy.RequiresGrad = true;
            _other = new Parameter(layer.Table.Name, copy);
            Parameters = [new Parameter(prefix + layer.Table.Name, copy)];
        }

        public override IReadOnlyList<Parameter> Parameters { get; }

        public override void Exchange() => _other = _layer.Exchange(_other);

        public override void Release(Device device) => device.Release(_other.Value!);
    }
}
