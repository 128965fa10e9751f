using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Training.Checkpoints;

namespace Attune.Training.Optimizers;

/// <summary>AdamW (Loshchilov and Hutter 2019) as PyTorch computes it; both moments are held in single precision. See <see cref="AdamWStep"/> for the formulas.</summary>
public sealed class AdamW : Optimizer
{
    private readonly Device _device;
    private readonly double _beta1;
    private readonly double _beta2;
    private readonly double _epsilon;
    private readonly Slot[] _slots;
    private readonly AdamWUpdate[] _updates;

    /// <summary>Makes an optimiser whose moments are zero.</summary>
    /// <param name="device">Where the parameters live.</param>
    /// <param name="groups">The parameters, each in one group.</param>
    /// <param name="beta1">Decay rate of the gradient's mean.</param>
    /// <param name="beta2">Decay rate of the squared gradient's mean.</param>
    /// <param name="epsilon">Added to the root of the second mean.</param>
    public AdamW(Device device, IReadOnlyList<ParameterGroup> groups, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8)
    {
        _device = device;
        (_beta1, _beta2, _epsilon) = (beta1, beta2, epsilon);
        _slots = [.. groups.SelectMany(group => group.Parameters.Select(parameter => new Slot(parameter, group, Zeros(parameter.Shape), Zeros(parameter.Shape))))];
        _updates = new AdamWUpdate[_slots.Length];
    }

    /// <inheritdoc/>
    public override void Step(double learningRate, double gradientScale)
    {
        int count = 0;
        foreach (Slot slot in _slots)
        {
            Tensor value = slot.Parameter.Value!;
            if (value.Grad is { } gradient)
            {
                slot.Steps++;
                var step = new AdamWStep(learningRate * slot.Group.LearningRateFactor, _beta1, _beta2, _epsilon, slot.Group.WeightDecay, slot.Steps, gradientScale);
                if (value.Packed is { } packed && _device.Backend.TryAdamWAndPack(value, gradient, slot.Mean, slot.Square, step, packed.Matrix))
                {
                    value.MarkChanged();
                    packed.MarkPacked();
                    continue;
                }

                _updates[count++] = new AdamWUpdate(value, gradient, slot.Mean, slot.Square, step);
            }
        }

        ReadOnlySpan<AdamWUpdate> updates = _updates.AsSpan(0, count);
        bool isDone = count > 0 && _device.Backend.TryAdamW(updates);
        foreach (ref readonly AdamWUpdate update in updates)
        {
            if (!isDone)
            {
                Compose(update);
            }

            update.Parameter.MarkChanged();
        }
    }

    /// <inheritdoc/>
    /// <remarks>Per parameter <c>NAME.exp_avg</c> and <c>NAME.exp_avg_sq</c> (F32) and <c>NAME.step</c> (I64).</remarks>
    public override void Write(string path)
    {
        var file = new NamedTensors();
        foreach (Slot slot in _slots)
        {
            slot.AddTo(file);
        }

        file.Write(path);
    }

    /// <inheritdoc/>
    public override void Read(string path)
    {
        var file = new NamedTensors();
        foreach (Slot slot in _slots)
        {
            slot.AddTo(file);
        }

        file.Read(path);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        foreach (Slot slot in _slots)
        {
            _device.Release(slot.Mean);
            _device.Release(slot.Square);
        }
    }

    /// <summary>The update made of primitives, for backends without a fused one.</summary>
    private void Compose(in AdamWUpdate update)
    {
        (Tensor value, Tensor gradient, Tensor mean, Tensor square, AdamWStep step) = update;
        IBackend backend = _device.Backend;
        using StepScope scope = _device.Scope();
        using var pause = _device.Tape.Pause();
        Tensor scratch = _device.Empty(value.Shape, DType.F32);
        Tensor denominator = _device.Empty(value.Shape, DType.F32);
        backend.Axpy((1 - step.Beta1) * step.GradientScale, gradient, step.Beta1, mean);
        backend.Map(MapKind.Square, gradient, scratch, 0);
        backend.Axpy((1 - step.Beta2) * step.GradientScale * step.GradientScale, scratch, step.Beta2, square);
        backend.Map(MapKind.Sqrt, square, scratch, 0);
        backend.Fill(denominator, step.Epsilon);
        backend.Axpy(1 / Math.Sqrt(1 - Math.Pow(step.Beta2, step.Step)), scratch, 1, denominator);
        backend.Zip(ZipKind.Div, mean, denominator, scratch);
        backend.Axpy(-step.LearningRate / (1 - Math.Pow(step.Beta1, step.Step)), scratch, 1 - (step.LearningRate * step.WeightDecay), value);
    }

    private Tensor Zeros(in Shape shape)
    {
        Tensor tensor = _device.Persistent(shape, DType.F32);
        _device.Backend.Fill(tensor, 0);
        return tensor;
    }

    /// <summary>A parameter with its moments and the number of its updates.</summary>
    private sealed class Slot(Parameter parameter, ParameterGroup group, Tensor mean, Tensor square)
    {
        private readonly long[] _steps = [0];

        public Parameter Parameter => parameter;

        public ParameterGroup Group => group;

        public Tensor Mean => mean;

        public Tensor Square => square;

        public ref long Steps => ref _steps[0];

        public void AddTo(NamedTensors file)
        {
            file.Add($"{parameter.Name}.exp_avg", mean);
            file.Add($"{parameter.Name}.exp_avg_sq", square);
            file.Add($"{parameter.Name}.step", _steps);
        }
    }
}
