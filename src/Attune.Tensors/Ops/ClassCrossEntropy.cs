namespace Attune.Tensors;

/// <summary>How the losses of the rows become the result.</summary>
public enum Reduction
{
    /// <summary>They stay as they are.</summary>
    None,

    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>Their sum divided by the weight of the rows that count; NaN when none does.</summary>
    Mean,
}

/// <summary>Settings of a cross entropy over classes.</summary>
public sealed record ClassCrossEntropyOptions
{
    /// <summary>Rows with this label give 0 and no gradient. Default -100.</summary>
    public int IgnoreIndex { get; init; } = -100;

    /// <summary>Share of the target that is spread evenly over all classes (Szegedy et al. 2016), in [0, 1]. Default 0.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>F32 [V]: factor of each class; null for 1.</summary>
    public Tensor? ClassWeights { get; init; }

    /// <summary>What becomes of the losses of the rows. Default: their mean.</summary>
    public Reduction Reduction { get; init; } = Reduction.Mean;

    internal static ClassCrossEntropyOptions Default { get; } = new();
}

/// <summary>Cross entropy with ignored rows, label smoothing and class weights, for heads with few classes.</summary>
/// <remarks>
/// Shapes: logits [N, V], labels I32 [N], result F32 [N] or a scalar. Math: l = -sum_c q[c] log p[c] with q[c] = w[c] ((1 - s) [c = label] + s / V); the mean divides by the
/// sum of w[label] over the rows that are not ignored. Cost: several matrices [N, V]; over a large vocabulary use <see cref="CrossEntropyOp"/>.
/// </remarks>
public static class ClassCrossEntropyOp
{
    extension(Tensor logits)
    {
        /// <summary>Cross entropy of each row with its label, reduced as the options say.</summary>
        /// <exception cref="TensorException">The shapes do not fit, a label is neither a class nor the ignored one, or the smoothing is not in [0, 1].</exception>
        public Tensor ClassCrossEntropy(Tensor labels, ClassCrossEntropyOptions? options = null)
        {
            options ??= ClassCrossEntropyOptions.Default;
            if (logits.Shape.Rank != 2 || labels.DType != DType.I32 || labels.Count != logits.Shape[0]
                || (options.ClassWeights is { } weights && weights.Count != logits.Shape[1]))
            {
                throw new TensorException(
                    $"cross entropy: expected logits [N, V], I32 labels [N] and class weights [V], found {logits}, {labels} and {options.ClassWeights?.ToString() ?? "none"}");
            }

            if (options.LabelSmoothing is not (>= 0 and <= 1))
            {
                throw new TensorException($"cross entropy: the label smoothing must be in [0, 1], found {options.LabelSmoothing}");
            }

            CrossEntropyOp.CheckLabels(labels, logits.Shape[1], options.IgnoreIndex);
            (Tensor target, Tensor rowWeights) = Target(labels, logits.Shape[1], options);
            Tensor losses = SumOp.WithoutLast(logits.Cast(DType.F32).LogSoftmax().Mul(target).Sum(-1)).Neg();
            return options.Reduction switch
            {
                Reduction.None => losses,
                Reduction.Sum => losses.Sum(),
                _ => losses.Sum().Div(rowWeights.Sum()),
            };
        }
    }

    /// <summary>q [N, V] and the weight of each row [N, 1].</summary>
    private static (Tensor Target, Tensor RowWeights) Target(Tensor labels, long classes, ClassCrossEntropyOptions options)
    {
        Device device = labels.Device;
        Tensor one = device.Full([], DType.F32, 1);
        Tensor zero = device.Zeros([], DType.F32);
        Tensor ignored = labels.Reshape(labels.Count, 1).EqualTo(device.Full([], DType.I32, options.IgnoreIndex));
        Tensor isLabel = ignored.Where(zero, CrossEntropyOp.OneHot(labels, classes).Where(one, zero));
        Tensor target = isLabel.Affine(1 - options.LabelSmoothing).Add(ignored.Where(zero, device.Full([], DType.F32, options.LabelSmoothing / classes)));
        if (options.ClassWeights is not { } given)
        {
            return (target, isLabel.Sum(-1));
        }

        Tensor weights = given.Detached().Cast(DType.F32).Reshape(1, classes);
        return (target.Mul(weights), isLabel.Mul(weights).Sum(-1));
    }
}
