using Attune.Cli.Models;
using Attune.Formats;
using Attune.Models;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Cli.Benches;

/// <summary>The model that a measurement runs on.</summary>
internal static class BenchModel
{
    /// <summary>Loads the model, or makes one of the shape, with random weights.</summary>
    /// <exception cref="UsageException">Neither is given, or both.</exception>
    public static CausalLmModel Load(Device device, BenchOptions options, ModelOptions model, WeightOptions weights)
    {
        if ((model.Model is null) == (options.Shape is null))
        {
            throw new UsageException("give either --model or --shape");
        }

        if (options.Shape is { } shape)
        {
            return CausalLmLoader.Create(device, ModelShape.Find(shape).ToConfig(), seed: 1, weights);
        }

        using ModelFile file = ModelFile.Open(model.Model!);
        return CausalLmLoader.Load(device, file.Config, file.Tensors, weights);
    }
}
