using Attune.Nn;
using Attune.Tensors;

namespace Attune.Testing;

/// <summary>AdamW as PyTorch defines it, in host memory, for comparisons that should not depend on the product's optimiser.</summary>
public sealed class PlainAdamW(double learningRate, double weightDecay)
{
    private readonly Dictionary<Parameter, (double[] M, double[] V)> _state = [];
    private int _step;

    public void Step(IEnumerable<Parameter> parameters)
    {
        _step++;
        foreach (Parameter parameter in parameters)
        {
            float[] values = parameter.Value!.ToArray();

            // A weight that the batch did not use (an expert without tokens) has a gradient of 0 in the reference, and still decays.
            float[] gradient = parameter.Value!.Grad?.ToArray() ?? new float[values.Length];
            if (!_state.TryGetValue(parameter, out (double[] M, double[] V) state))
            {
                _state[parameter] = state = (new double[values.Length], new double[values.Length]);
            }

            for (int i = 0; i < values.Length; i++)
            {
                state.M[i] = (0.9 * state.M[i]) + (0.1 * gradient[i]);
                state.V[i] = (0.999 * state.V[i]) + (0.001 * gradient[i] * gradient[i]);
                double mean = state.M[i] / (1 - Math.Pow(0.9, _step));
                double root = Math.Sqrt(state.V[i] / (1 - Math.Pow(0.999, _step)));
                values[i] = (float)((values[i] * (1 - (learningRate * weightDecay))) - (learningRate * mean / (root + 1e-8)));
            }

            parameter.Value!.CopyFrom<float>(values);
        }
    }
}
