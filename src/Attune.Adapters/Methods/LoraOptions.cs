namespace Attune.Adapters.Methods;

/// <summary>Settings of LoRA under PEFT's names (<c>lora_alpha</c> is <see cref="LoraAlpha"/>, and so on).</summary>
public sealed record LoraOptions
{
    /// <summary>Rank of the update. Range: 1 and up. Default: 8.</summary>
    public int R { get; init; } = 8;

    /// <summary>The update is scaled by <c>lora_alpha / r</c>, or <c>lora_alpha / sqrt(r)</c> with rsLoRA. Default: 8.</summary>
    public double LoraAlpha { get; init; } = 8;

    /// <summary>Probability with which an element of the layer's input is dropped on the way into the update. Range: [0, 1). Default: 0.</summary>
    public double LoraDropout { get; init; }

    /// <summary>The layers to adapt: endings of names, one regular expression, or <c>all-linear</c>. Default: the family's usual choice (query and value projections).</summary>
    public TargetSpec? TargetModules { get; init; }

    /// <summary>Layers not to adapt even if <see cref="TargetModules"/> names them. Default: none.</summary>
    public TargetSpec? ExcludeModules { get; init; }

    /// <summary>Only these blocks, by number. Default: all.</summary>
    public IReadOnlyList<int>? LayersToTransform { get; init; }

    /// <summary>The name in front of the block's number. Default: whatever it is.</summary>
    public string? LayersPattern { get; init; }

    /// <summary>Other ranks for layers whose names match, first match first. Default: none.</summary>
    public IReadOnlyList<KeyValuePair<string, int>> RankPattern { get; init; } = [];

    /// <summary>Other alphas for layers whose names match, first match first. Default: none.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> AlphaPattern { get; init; } = [];

    /// <summary>Scale by <c>lora_alpha / sqrt(r)</c> (Kalajdzievski 2023). Default: false.</summary>
    public bool UseRslora { get; init; }

    /// <summary>Which of the model's own biases are trained: <c>none</c>, <c>lora_only</c> (of adapted layers) or <c>all</c>. Default: none.</summary>
    public string Bias { get; init; } = "none";

    /// <summary>Whether the update has a bias of its own. Default: false.</summary>
    public bool LoraBias { get; init; }

    /// <summary>Modules of which a full copy is trained and saved beside the update, by the end of their names. Default: none.</summary>
    public IReadOnlyList<string>? ModulesToSave { get; init; }

    /// <summary>How A starts: <c>true</c> (uniform in 1/sqrt(in), as a linear layer) or <c>gaussian</c> (deviation 1/r); B starts at zero. Default: true.</summary>
    public string InitLoraWeights { get; init; } = "true";

    /// <summary>The base model's name or path, for the record. Default: empty.</summary>
    public string? BaseModelNameOrPath { get; init; }

    /// <summary>Branch, tag or commit of a base model that is named on a hub, for the record. Default: none, which is its main branch.</summary>
    public string? Revision { get; init; }

    /// <summary>PEFT's name of the task. Default: CAUSAL_LM.</summary>
    public string? TaskType { get; init; } = "CAUSAL_LM";
}
