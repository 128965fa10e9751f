namespace Attune.Evaluation;

/// <summary>How well a model predicts tokens.</summary>
/// <param name="LossSum">Sum of -log p of all scored tokens.</param>
/// <param name="Tokens">Scored tokens.</param>
public readonly record struct LossResult(double LossSum, long Tokens)
{
    /// <summary>Mean of -log p per token, in nats; NaN when nothing was scored.</summary>
    public double Loss => LossSum / Tokens;

    /// <summary>e to the loss.</summary>
    public double Perplexity => Math.Exp(Loss);
}
