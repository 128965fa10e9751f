using System.Text.RegularExpressions;
using Attune.Nn;

namespace Attune.Training.Optimizers;

/// <summary>Sorts trained parameters into groups as Hugging Face's trainer and PEFT's LoRA+ do.</summary>
public static partial class ParameterGroups
{
    /// <summary>The groups of a run; LoRA+ groups when a ratio is given.</summary>
    public static IReadOnlyList<ParameterGroup> Create(IEnumerable<Parameter> parameters, OptimizerOptions options) =>
        options.LoraplusLrRatio is { } ratio ? LoraPlus(parameters, options, ratio) : ByDecay(parameters, options);

    /// <summary>Whether a parameter decays: not biases and norms, which are known by their names, nor what belongs to a layer normalisation.</summary>
    public static bool Decays(Parameter parameter) => !parameter.IsOfLayerNorm && !NoDecay().IsMatch(parameter.Name.ToLowerInvariant());

    private static IReadOnlyList<ParameterGroup> ByDecay(IEnumerable<Parameter> parameters, OptimizerOptions options)
    {
        ILookup<bool, Parameter> byDecay = parameters.ToLookup(Decays);
        return [new([.. byDecay[true]], 1, options.WeightDecay), new([.. byDecay[false]], 1, 0)];
    }

    // Hayou et al. 2024: B learns faster than A. Embeddings have a rate of their own, and A and embeddings decay whatever their names.
    private static IReadOnlyList<ParameterGroup> LoraPlus(IEnumerable<Parameter> parameters, OptimizerOptions options, double ratio)
    {
        List<Parameter>[] groups = [[], [], [], []];
        foreach (Parameter parameter in parameters)
        {
            bool fast = parameter.Name.Contains("lora_B", StringComparison.Ordinal) || parameter.Shape.Rank == 1;
            int group = parameter.Name.Contains("lora_embedding", StringComparison.Ordinal) ? 1
                : !fast ? 0
                : Decays(parameter) ? 2 : 3;
            groups[group].Add(parameter);
        }

        return
        [
            new(groups[0], 1, options.WeightDecay),
            new(groups[1], options.LoraplusLrEmbedding / options.LearningRate, options.WeightDecay),
            new(groups[2], ratio, options.WeightDecay),
            new(groups[3], ratio, 0),
        ];
    }

    [GeneratedRegex(@"bias|layernorm|rmsnorm|(?:^|\.)norm(?:$|\.)|_norm(?:$|\.)", RegexOptions.CultureInvariant)]
    private static partial Regex NoDecay();
}
