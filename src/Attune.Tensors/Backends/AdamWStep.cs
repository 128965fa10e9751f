namespace Attune.Tensors.Backends;

/// <summary>
/// Settings of one AdamW update (Loshchilov and Hutter 2019), as PyTorch computes it:
/// p *= 1 - lr wd; m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2; p -= lr m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + eps).
/// </summary>
/// <param name="LearningRate">lr.</param>
/// <param name="Beta1">b1.</param>
/// <param name="Beta2">b2.</param>
/// <param name="Epsilon">eps.</param>
/// <param name="WeightDecay">wd.</param>
/// <param name="Step">t, from 1.</param>
/// <param name="GradientScale">Factor of the gradient: the clipping coefficient.</param>
public readonly record struct AdamWStep(
    double LearningRate, double Beta1, double Beta2, double Epsilon, double WeightDecay, long Step, double GradientScale);
