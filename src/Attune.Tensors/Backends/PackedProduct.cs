namespace Attune.Tensors.Backends;

/// <summary>One of several products with packed weights that read the same rows.</summary>
/// <param name="Weight">W [N, K].</param>
/// <param name="Bias">[N]; null for none.</param>
/// <param name="Destination">[M, N]; written over.</param>
public readonly record struct PackedProduct(PackedMatrix Weight, Tensor? Bias, Tensor Destination);
