using Attune.Formats;
using Attune.Kernels;
using Attune.Models;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Cli.Models;

/// <summary>Models with random weights.</summary>
internal static class NewModel
{
    /// <summary>Writes a model with random weights.</summary>
    /// <param name="folder">A folder with config.json and the tokenizer's files.</param>
    /// <param name="output">Where to: a GGUF file if the name ends in .gguf, else a Hugging Face folder.</param>
    /// <param name="seed">Seed of the weights.</param>
    /// <param name="dtype">Their type; null for that of the configuration.</param>
    /// <param name="cancellation">Ends it; then nothing is kept.</param>
    /// <returns>The number of parameters.</returns>
    public static long Write(string folder, string output, ulong seed, string? dtype, CancellationToken cancellation)
    {
        using ModelFile origin = ModelFile.OpenWithoutWeights(folder);
        using var backend = new CpuBackend(new CpuBackendOptions { Threads = 1 });
        using var device = new Device(backend);
        CausalLmModel model = CausalLmLoader.Create(device, origin.Config, seed, new WeightOptions { Cancellation = cancellation });
        using var weights = new ParameterSource(model, folder);
        ModelWriter.Write(output, origin, weights, dtype, cancellation: cancellation);
        return model.Parameters().Sum(parameter => parameter.Count);
    }
}
