using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Testing;

namespace Attune.Training.Tests.Optimizers;

/// <summary>Parameters with gradients that tests set by hand.</summary>
internal sealed class OptimizerFixture(string backendName) : IDisposable
{
    private readonly IBackend _backend = TestBackends.Create(backendName);
    private Device? _device;

    public Device Device => _device ??= new Device(_backend);

    public Parameter Parameter(string name, float[] values, params ReadOnlySpan<long> shape)
    {
        Tensor tensor = Device.Persistent(new Shape(shape), DType.F32);
        tensor.CopyFrom<float>(values);
        tensor.RequiresGrad = true;
        return new Parameter(name, tensor);
    }

    /// <summary>Gives a parameter a gradient: that of sum(p g).</summary>
    public void SetGradient(Parameter parameter, float[] gradient)
    {
        parameter.Value!.ZeroGrad();
        using StepScope scope = Device.Scope();
        Device.Tape.Backward(parameter.Value!.Mul(Device.From(gradient, parameter.Shape)).Sum());
    }

    public void Dispose()
    {
        _device?.Dispose();
        (_backend as IDisposable)?.Dispose();
    }
}
