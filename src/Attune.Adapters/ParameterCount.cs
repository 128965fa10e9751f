using System.Globalization;
using Attune.Nn;

namespace Attune.Adapters;

/// <summary>How many parameters a model has and how many of them are trained, counted and worded as PEFT does.</summary>
/// <param name="Trainable">Trained parameters.</param>
/// <param name="All">All parameters, the adapter's included.</param>
public readonly record struct ParameterCount(long Trainable, long All)
{
    /// <summary>Share of trained parameters in percent.</summary>
    public double TrainablePercent => All == 0 ? 0 : 100.0 * Trainable / All;

    /// <summary>Counts a model's parameters.</summary>
    public static ParameterCount Of(Network model, Adapter? adapter)
    {
        if (adapter is null)
        {
            return new ParameterCount(
                model.Parameters().Where(parameter => parameter.IsTrainable).Sum(parameter => parameter.Count),
                model.Parameters().Sum(parameter => parameter.Count));
        }

        // Modules that are trained whole are counted twice, as the frozen original and as the copy: both are in memory.
        return new ParameterCount(adapter.Trainable.Sum(parameter => parameter.Count), adapter.BaseParameters + adapter.AddedParameters);
    }

    /// <summary>PEFT's wording: <c>trainable params: 4,096 || all params: 28,832 || trainable%: 14.2064</c>.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"trainable params: {Trainable:N0} || all params: {All:N0} || trainable%: {TrainablePercent:F4}");
}
