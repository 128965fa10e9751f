using Attune.Cli.Options;
using Attune.Hub;

namespace Attune.Cli.Models;

/// <summary>Which model is used, and how it is held.</summary>
internal sealed record ModelOptions
{
    /// <summary>The model: a Hugging Face folder, a GGUF file, a folder with one GGUF file, or hf:org/name to fetch it from the hub. Has to be given.</summary>
    [Place(HubKind.Model)]
    public string? Model { get; init; }

    /// <summary>An adapter to put on the model: a folder as PEFT or MLX writes it, or hf:org/name. Default: none.</summary>
    [Place(HubKind.Model)]
    public string? Adapter { get; init; }

    /// <summary>The chat template to use: the name of one of the model's, such as tool_use, or else a file with a Jinja template. Default: the model's default one, for conversations with tools its tool_use.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>Precision of products and activations: fp32, bf16, or auto (default: bf16 where the processor has instructions for it, else fp32). Sums are always made in fp32.</summary>
    public string Dtype { get; init; } = "auto";

    /// <summary>
    /// Precision in which prompts meet weights that a GGUF file holds in 4 or 8 bits (Q4_0, Q4_1, Q4_K, Q8_0): bf16, or int8 with a scale for every 32 numbers, as llama.cpp does (torchao: int8 dynamic
    /// activations), which is faster and a little less exact. Products of up to 32 tokens and the output layer are not rounded. Default: dtype.
    /// </summary>
    public string? Activations { get; init; }

    /// <summary>Threads that compute. Range: 1 to 1024. Default: one per physical core. Results do not depend on it.</summary>
    public int? Threads { get; init; }
}
