using Attune.Cli.Options;
using Attune.Hub;

namespace Attune.Cli.Benches;

/// <summary>What <c>attune bench</c> measures.</summary>
internal sealed record BenchOptions
{
    /// <summary>What is measured: train, generate or tokenize. Has to be given.</summary>
    public string? Work { get; init; }

    /// <summary>With train and generate, random weights of a Llama of this size instead of a model: 135m, 0.5b or 1.1b. Default: none.</summary>
    public string? Shape { get; init; }

    /// <summary>With train, what is trained: lora (default: adapters on all linear layers) or full (all weights).</summary>
    public string Method { get; init; } = "lora";

    /// <summary>With train, rank of the adapters. Range: 1 to 1024. Default: 16.</summary>
    public int Rank { get; init; } = 16;

    /// <summary>With train and lora, hold the frozen weights of linear layers as 8-bit integers, as attune train does. Default: false.</summary>
    public bool LoadIn8Bit { get; init; }

    /// <summary>With train and generate, tokens of a training sequence or of a prompt. Range: 2 to 131072. Default: 512.</summary>
    public int Seq { get; init; } = 512;

    /// <summary>With train and generate, training sequences of a step, or streams that generate together. Range: 1 to 1024. Default: 1.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>Measured training steps (two more come before them), generated tokens, or runs over the text. Range: 1 to 100000. Default: 10.</summary>
    public int Steps { get; init; } = 10;

    /// <summary>With train, share of each training sequence, from its start, that carries no labels, like a prompt. Range: 0 to 0.99. Default: 0.</summary>
    public double Masked { get; init; }

    /// <summary>With train, recompute each block in the backward pass instead of keeping what it needs. Default: false.</summary>
    public bool GradientCheckpointing { get; init; }

    /// <summary>With tokenize, the files whose texts are encoded row by row (a line of a txt file, the column text of others), or hf:org/name to fetch a data set from the hub. Default: none.</summary>
    [Place(HubKind.Dataset)]
    public IReadOnlyList<string> Data { get; init; } = [];

    /// <summary>With train and generate, print where the time of the training or generation steps went, operation by operation. Default: false.</summary>
    public bool Profile { get; init; }
}
