using System.Text;
using Attune.Formats;
using Attune.Kernels;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Testing;

namespace Attune.Models.Tests;

/// <summary>The list of families against the reference values and docs/models.md, which is made here: set ATTUNE_WRITE_DOCS=1 to write it anew.</summary>
public sealed class ModelListTests
{
    /// <summary>Operations as <see cref="ProfilingBackend"/> names them, and as the document does.</summary>
    private static readonly (string Operation, string Title)[] Fused =
    [
        ("attention", "attention"), ("rotary", "rotary positions"), ("rms norm", "RMS norm"), ("layer norm", "layer norm"), ("swiglu", "SwiGLU"), ("cross entropy", "cross entropy"),
    ];

    private static string Document => Path.Combine(Repository.Root, "docs", "models.md");

    [Fact]
    public void Every_family_is_in_the_documentation()
    {
        string text = File.ReadAllText(Document);
        Assert.All(KnownModels.CausalLm, family => Assert.Contains($"| `{family.ModelType}` |", text, StringComparison.Ordinal));
        Assert.All(KnownModels.Encoders, family => Assert.Contains($"`{family.ModelType}`", text, StringComparison.Ordinal));
        Assert.All(KnownModels.Seq2Seq, family => Assert.Contains($"`{family.ModelType}`", text, StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Category", "Golden")]
    public void Every_decoder_has_reference_values()
    {
        ILookup<string, string> cases = Cases();
        Assert.All(KnownModels.CausalLm, family => Assert.NotEmpty(cases[family.ModelType]));
    }

    [Fact]
    [Trait("Category", "Golden")]
    public void The_documentation_says_what_the_models_do()
    {
        string expected = Write(Cases());
        if (Environment.GetEnvironmentVariable("ATTUNE_WRITE_DOCS") == "1")
        {
            File.WriteAllText(Document, expected);
        }

        Assert.Equal(expected, File.ReadAllText(Document));
    }

    [Theory]
    [InlineData("llama4", "llama")]
    [InlineData("gemma3", "gemma3_text")]
    [InlineData("mistal", "mistral")]
    [InlineData("gpt-neox", "gpt_neox")]
    public void An_unknown_family_names_the_nearest_known_ones(string unknown, string nearest)
    {
        ModelConfig config = ModelConfig.Parse(Encoding.UTF8.GetBytes($$"""{"model_type": "{{unknown}}"}"""), "config.json");
        ModelFileException error = Assert.Throws<ModelFileException>(() => KnownModels.CausalLmFor(config));
        Assert.Contains($"nearest are {nearest}", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Folders of reference values by the family of their configuration.</summary>
    private static ILookup<string, string> Cases() => Directory.EnumerateDirectories(Goldens.Require("families", "causal"))
        .Order(StringComparer.Ordinal)
        .ToLookup(folder => ModelConfig.Load(Path.Combine(folder, "config.json")).ModelType);

    private static string Write(ILookup<string, string> cases)
    {
        var text = new StringBuilder(
            """
            # Models

            This file is made by `ModelListTests` (`ATTUNE_WRITE_DOCS=1 dotnet test tests/Attune.Models.Tests --filter FullyQualifiedName~ModelListTests`).

            Each family is compared with transformers: logits, hidden states, loss, every gradient, ten optimiser steps, generation with and without a cache, configurations
            of older releases. LoRA and full fine-tuning work on all of them. Every family multiplies with packed weights and makes its loss in chunks, without a matrix of all
            logits; the columns on the right say which other parts of a training step are one pass of the CPU backend instead of several.

            ## Decoders


            """);
        text.Append("| `model_type` | models | default LoRA targets |").AppendJoin(string.Empty, Fused.Select(path => $" {path.Title} |")).Append('\n');
        text.Append("| --- | --- | --- |").Insert(text.Length, " :-: |", Fused.Length).Append('\n');
        foreach (CausalLmFamily family in KnownModels.CausalLm)
        {
            (IReadOnlyList<string> targets, ISet<string> used) = Run(cases[family.ModelType].First());
            text.Append($"| `{family.ModelType}` | {family.Models} | {string.Join(", ", targets)} |");
            text.AppendJoin(string.Empty, Fused.Select(path => used.Contains(path.Operation) ? " yes |" : " |")).Append('\n');
        }

        text.Append("\n## Encoders\n\n");
        text.AppendJoin(", ", KnownModels.Encoders.Select(family => $"`{family.ModelType}`")).Append(".\n");
        text.Append("\n## Encoder-decoders\n\n");
        text.AppendJoin(", ", KnownModels.Seq2Seq.Select(family => $"`{family.ModelType}`")).Append(".\n");
        text.Append(
            """

            ## ONNX

            `attune export` writes every decoder and encoder with every head as an ONNX graph, but for `deepseek_v3`, `gpt_oss`, `mamba2`, `mixtral`, `qwen2_moe` and `qwen3_moe` (experts
            and scans are chosen while the model runs), `deberta-v2` and `mpnet` (scores by tables of distances), the encoder-decoders `bart`, `marian`, `mbart`, `pegasus` and `t5`, and the
            head for multiple choice. Each graph is compared with transformers' numbers, padded on either side. Where rotary positions depend on the length of the sequence (`dynamic`,
            `longrope`), a graph ends at the length up to which they do not.

            """);
        return text.ToString().ReplaceLineEndings("\n");
    }

    /// <summary>Runs a training step and gives what it used.</summary>
    private static (IReadOnlyList<string> Targets, ISet<string> Used) Run(string folder)
    {
        using var processor = new CpuBackend();
        var backend = new ProfilingBackend(processor);
        using var device = new Device(backend);
        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        using SafetensorsFile io = SafetensorsFile.Open(Path.Combine(folder, "io.safetensors"));
        var options = new WeightOptions { Training = true, IsTrainable = static _ => true };
        CausalLmModel model = CausalLmLoader.Load(device, ModelConfig.Load(Path.Combine(folder, "config.json")), weights, options);
        using StepScope scope = device.Scope();
        device.Tape.Backward(PaddedBatch.Read(io, "right.").Loss(model).Sum);
        return (model.DefaultLoraTargets, backend.Calls.Select(call => call.Operation).ToHashSet());
    }
}
