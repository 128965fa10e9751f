using Attune.Cli.Options;
using Attune.Hub;

namespace Attune.Cli.Training;

/// <summary>What a run trains, on what, and where it leaves the result.</summary>
internal sealed record RunOptions
{
    /// <summary>Data files: jsonl, json, csv, tsv or txt (also with .gz behind), parquet, arrow, a folder that the datasets library saved, or hf:org/name to fetch a data set from the hub. Has to be given.</summary>
    [Place(HubKind.Dataset)]
    public IReadOnlyList<string> Data { get; init; } = [];

    /// <summary>Data files, or hf:org/name, to evaluate on. Default: none; val_set_size holds rows of the data out instead.</summary>
    [Place(HubKind.Dataset)]
    public IReadOnlyList<string> EvalData { get; init; } = [];

    /// <summary>Folder of the run: adapter or model, recipe.yaml, metrics.jsonl, checkpoints. Has to be given.</summary>
    [Alias("output_dir")]
    public string? Output { get; init; }

    /// <summary>What is trained: lora (default: an adapter), full (all weights) or freeze (the weights that trainable names).</summary>
    public string Method { get; init; } = "lora";

    /// <summary>With the method freeze, which weights are trained: texts that their names contain, with * for anything.</summary>
    public IReadOnlyList<string> Trainable { get; init; } = [];

    /// <summary>
    /// Hold the frozen weights of linear layers, but for the output layer, as 8-bit integers with a scale per row, and multiply them with activations and gradients rounded to 8 bits: half the memory of bf16
    /// and faster products, for a small error, which is measured on some rows before the run and printed. With the method lora only. Default: false.
    /// </summary>
    public bool LoadIn8Bit { get; init; }

    /// <summary>Seed of all that is random: the adapter's first values, dropout, and the order of rows unless data_seed is given. Range: 0 and up. Default: 42.</summary>
    public int Seed { get; init; } = 42;

    /// <summary>Go on with an interrupted run: auto (from the last good checkpoint of the output folder), the path of a checkpoint, or never (default).</summary>
    [Alias("resume_from_checkpoint")]
    public string Resume { get; init; } = "never";

    /// <summary>
    /// Go on with an interrupted run though its data, its recipe or the instruction tier is no longer what it was begun with; manifest.json notes the changes. The model has to be
    /// the same. Default: false.
    /// </summary>
    public bool AcceptChanges { get; init; }

    /// <summary>
    /// The most memory that the process may take, such as 4GB or 512MiB: smaller batches, more of which make a step, and then gradient_checkpointing are chosen until the run fits; a run
    /// that cannot fit is refused before the model is loaded. Default: what the system and its control groups leave, with the settings as they are.
    /// </summary>
    public string? Memory { get; init; }

    /// <summary>Held-out rows that the model answers before and after the run, for report.html and samples.jsonl. Range: 0 to 100. Default: 0.</summary>
    public int Samples { get; init; }

    /// <summary>
    /// Time every operation of up to 5 steps, after 2 to warm up: prints where the time went, and writes profile.txt and profile.trace.json (Trace Event Format, for the
    /// trace viewers of browsers) into the run's folder. Default: false.
    /// </summary>
    public bool Profile { get; init; }
}
