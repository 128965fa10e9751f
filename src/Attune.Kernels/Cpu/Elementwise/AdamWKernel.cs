using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Cpu.Elementwise;

/// <summary>One step of AdamW: operands are the gradient, then parameter, first and second moment. Constants of the step are made in double precision.</summary>
internal readonly struct AdamWKernel : IElementwiseKernel
{
    private readonly float _gradientScale;
    private readonly float _decay;
    private readonly float _beta1;
    private readonly float _oneMinusBeta1;
    private readonly float _beta2;
    private readonly float _oneMinusBeta2;
    private readonly float _correction;
    private readonly float _epsilon;
    private readonly float _stepSize;

    public AdamWKernel(in AdamWStep step)
    {
        _gradientScale = (float)step.GradientScale;
        _decay = (float)(1 - (step.LearningRate * step.WeightDecay));
        _beta1 = (float)step.Beta1;
        _oneMinusBeta1 = (float)(1 - step.Beta1);
        _beta2 = (float)step.Beta2;
        _oneMinusBeta2 = (float)(1 - step.Beta2);
        _correction = (float)(1 / Math.Sqrt(1 - Math.Pow(step.Beta2, step.Step)));
        _epsilon = (float)step.Epsilon;
        _stepSize = (float)(-step.LearningRate / (1 - Math.Pow(step.Beta1, step.Step)));
    }

    public static int Operands => 4;

    public static int Outputs => 3;

    public bool ReadsOutputs => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step<V, E>(in Pointers p, nint i, long index)
        where V : struct, IVec<V>
        where E : struct, IElement => Update<V, E>(p, i);

    /// <summary>The same, with the parameter's new values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe V Update<V, E>(in Pointers p, nint i)
        where V : struct, IVec<V>
        where E : struct, IElement
    {
        V gradient = E.Load<V>(p.P0, i) * V.Create(_gradientScale);
        V first = V.Fma(gradient, V.Create(_oneMinusBeta1), E.Load<V>(p.P2, i) * V.Create(_beta1));
        V second = V.Fma(gradient * gradient, V.Create(_oneMinusBeta2), E.Load<V>(p.P3, i) * V.Create(_beta2));
        V denominator = V.Fma(V.Sqrt(second), V.Create(_correction), V.Create(_epsilon));
        E.Store(p.P2, i, first);
        E.Store(p.P3, i, second);
        V value = V.Fma(first / denominator, V.Create(_stepSize), E.Load<V>(p.P1, i) * V.Create(_decay));
        E.Store(p.P1, i, value);
        return value;
    }
}
