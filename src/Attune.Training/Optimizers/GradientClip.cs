using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Training.Optimizers;

/// <summary>Norm of the gradient of all parameters together, and the factor that cuts it (Pascanu et al. 2013).</summary>
public sealed class GradientClip : IDisposable
{
    /// <summary>Keeps the factor finite for a norm of 0; the reference's value.</summary>
    private const double Guard = 1e-6;

    private readonly Device _device;
    private readonly IReadOnlyList<Parameter> _parameters;
    private readonly Tensor _squares;
    private readonly float[] _hostSquares;
    private readonly Tensor[] _gradients;

    /// <summary>Prepares for the parameters of a run.</summary>
    public GradientClip(Device device, IReadOnlyList<Parameter> parameters)
    {
        _device = device;
        _parameters = parameters;
        _squares = device.Persistent([parameters.Count], DType.F32);
        _hostSquares = new float[parameters.Count];
        _gradients = new Tensor[parameters.Count];
    }

    /// <summary>The factor of the gradients for a norm: min(1, max_norm / (norm + 1e-6)); 1 when <paramref name="maxNorm"/> is 0.</summary>
    public static double Coefficient(double norm, double maxNorm) => maxNorm == 0 ? 1 : Math.Min(1, maxNorm / (norm + Guard));

    /// <summary>L2 norm over all gradients; parameters without one count as 0. The order of the sum is that of the parameters.</summary>
    public double Norm()
    {
        using StepScope scope = _device.Scope();
        int count = 0;
        for (int i = 0; i < _parameters.Count; i++)
        {
            if (_parameters[i].Value!.Grad is { } gradient)
            {
                _gradients[count++] = gradient;
            }
        }

        Tensor squares = _device.View(_squares, [count], [1], _squares.Offset);
        if (!_device.Backend.TrySumsOfSquares(_gradients.AsSpan(0, count), squares))
        {
            Compose(count);
        }

        // One read for all parameters, because reading waits for the device.
        Span<float> read = _hostSquares.AsSpan(0, count);
        squares.CopyTo(read);
        double sum = 0;
        foreach (float square in read)
        {
            sum += square;
        }

        return Math.Sqrt(sum);
    }

    /// <summary>The sums made of primitives, for backends without a fused one.</summary>
    private void Compose(int count)
    {
        Span<long> ones = [1, 1, 1, 1, 1, 1];
        for (int i = 0; i < count; i++)
        {
            var one = new Shape(ones[.._gradients[i].Shape.Rank]);
            _device.Backend.Reduce(ReduceKind.SumOfSquares, _gradients[i], _device.View(_squares, one, one, _squares.Offset + i));
        }
    }

    /// <summary>Frees its memory.</summary>
    public void Dispose() => _device.Release(_squares);
}
