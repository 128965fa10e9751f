using System.Text;
using Attune.Formats;
using Attune.Kernels;
using Attune.Models.Heads;
using Attune.Models.Seq2Seq;
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

    /// <summary>The head of the reference values that every encoder has.</summary>
    private const string Classifier = "seqcls";

    private static WeightOptions Training => new() { Training = true, IsTrainable = static _ => true };

    private static string Document => Path.Combine(Repository.Root, "docs", "models.md");

    [Fact]
    public void Every_family_is_in_the_documentation()
    {
        string text = File.ReadAllText(Document);
        Assert.All(KnownModels.CausalLm, family => Assert.Contains($"| `{family.ModelType}` |", text, StringComparison.Ordinal));
        Assert.All(KnownModels.Encoders, family => Assert.Contains($"| `{family.ModelType}` |", text, StringComparison.Ordinal));
        Assert.All(KnownModels.Seq2Seq, family => Assert.Contains($"| `{family.ModelType}` |", text, StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Category", "Golden")]
    public void Every_family_has_reference_values_and_all_of_these_are_of_a_family()
    {
        Same(KnownModels.CausalLm.Select(family => family.ModelType), Cases("causal"));
        Same(KnownModels.Encoders.Select(family => family.ModelType), Cases("encoders", Classifier));
        Same(KnownModels.Seq2Seq.Select(family => family.ModelType), Cases("seq2seq"));

        static void Same(IEnumerable<string> families, ILookup<string, string> cases) =>
            Assert.Equal(families.Order(StringComparer.Ordinal), cases.Select(group => group.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    [Trait("Category", "Golden")]
    public void The_documentation_says_what_the_models_do()
    {
        string expected = Write();
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

    [Fact]
    public void What_writes_texts_has_an_encoder_or_has_none()
    {
        Assert.True(KnownModels.IsSeq2Seq(Config("t5")));
        Assert.False(KnownModels.IsSeq2Seq(Config("llama")));
        Assert.Contains("t5", Assert.Throws<ModelFileException>(() => KnownModels.IsSeq2Seq(Config("bert"))).Message, StringComparison.Ordinal);

        static ModelConfig Config(string modelType) => ModelConfig.Parse(Encoding.UTF8.GetBytes($$"""{"model_type": "{{modelType}}"}"""), "config.json");
    }

    /// <summary>Folders of reference values by the family of their configuration.</summary>
    private static ILookup<string, string> Cases(string kind, string inner = "") => Directory.EnumerateDirectories(Goldens.Require("families", kind))
        .Order(StringComparer.Ordinal)
        .Select(folder => Path.Combine(folder, inner))
        .ToLookup(folder => ModelConfig.Load(Path.Combine(folder, "config.json")).ModelType);

    private static string Write()
    {
        var text = new StringBuilder(
            """
            # Models

            This file is made by `ModelListTests` (`ATTUNE_WRITE_DOCS=1 dotnet test tests/Attune.Models.Tests --filter FullyQualifiedName~ModelListTests`).

            Each family is compared with transformers: logits, hidden states, loss, every gradient, ten optimiser steps, generation with and without a cache, configurations
            of older releases. LoRA and full fine-tuning work on all of them. Every family multiplies with packed weights and makes its loss in chunks, without a matrix of all
            logits; the columns on the right say which other parts of a training step are one pass of the CPU backend instead of several. (Where scores come from a learned table of distances, attention is several passes: MPNet, DeBERTa,
            and T5 within a text.)

            ## Decoders


            """);
        Table(text, "causal", string.Empty, KnownModels.CausalLm.Select(family => (family.ModelType, family.Models)), CausalStep);
        text.Append("\n## Encoders\n\nEach with the heads of the [tasks](tasks.md).\n\n");
        Table(text, "encoders", Classifier, KnownModels.Encoders.Select(family => (family.ModelType, family.ClassName)), ClassifierStep);
        text.Append("\n## Encoder-decoders\n\n");
        Table(text, "seq2seq", string.Empty, KnownModels.Seq2Seq.Select(family => (family.ModelType, family.Models)), Seq2SeqStep);
        text.Append(
            """

            ## ONNX

            `attune export` writes every decoder and encoder with every head as the ONNX graph `model.onnx`, and every encoder-decoder as `encoder_model.onnx` and `decoder_model.onnx`, which is given the
            encoder's states. Without more, decoders have no cache: each step reads the whole text. With `--with-past` they take keys and values of earlier tokens (`past_key_values.N.key`, none at the start) and
            give those of all (`present.N.key`), in a graph `decoder_with_past_model.onnx` of their own where there is an encoder. `mamba2` cannot have a past; nor can encoders and heads. The past of `deepseek_v3`
            is the latent state that this family keeps, one head for all. Experts get the tokens that choose them; the scan of `mamba2` is a product over all pairs of tokens, so its memory grows with the square
            of the length. Each graph is compared with transformers' numbers, padded on either side. Where rotary positions depend on the length of the sequence (`dynamic`, `longrope`), a graph ends at the length
            up to which they do not.

            ## GGUF

            Files of these architectures are read wherever a model is taken, and written by `attune convert` and `merge`; llama.cpp opens them. Each is compared with the reference's numbers, and with what llama.cpp says (`t5` is only opened by it).


            """);
        text.Append("| `general.architecture` | `model_type` |\n| --- | --- |\n");
        foreach (IGrouping<string, GgufArchitecture> architecture in KnownGgufArchitectures.All.GroupBy(architecture => architecture.Name))
        {
            text.Append($"| `{architecture.Key}` | {string.Join(", ", architecture.SelectMany(family => family.ModelTypes).Order(StringComparer.Ordinal).Select(type => $"`{type}`"))} |\n");
        }

        text.Append(
            """

            What no such file can say is refused by the name of its setting: dynamic positions, Falcon-RW's linear biases, other limits than gpt-oss' own, scores that are scaled by layer (GPT-2). Windows of `mistral`,
            `qwen2`, `phi3` and `starcoder2` models are written and read again, but llama.cpp has none in these architectures. Norms of the Gemma models are stored as 1 + w and decays of `mamba2` as exponentials, so they
            come back rounded; everything else comes back bit for bit in F32.

            Files of `t5` reach 128 tokens far, and scale the states before the output layer where that is the embedding, which llama.cpp leaves out: it says the same words, of other likelihoods. Stretched positions of
            `deepseek_v3` want equal `mscale` and `mscale_all_dim`.

            Encoders (`bert`, `modern-bert`) go without their pooler, since llama.cpp makes vectors of their states; those with a head are refused. How (`pooling_type`) is taken from the files of sentence-transformers and
            made into such files again; vectors are brought to length 1 then, which such a file cannot say. Positions that RoBERTa never reads are left out.

            Tokenizers go along ([how](tokenizers.md#gguf)).

            """);
        return text.ToString().ReplaceLineEndings("\n");
    }

    /// <summary>A row for each family: what LoRA adapts, and which operations a training step makes in one pass.</summary>
    private static void Table(
        StringBuilder text, string kind, string inner, IEnumerable<(string ModelType, string Models)> families, Func<Device, ModelConfig, ITensorSource, ITensorSource, (Network Model, Tensor Loss)> step)
    {
        ILookup<string, string> cases = Cases(kind, inner);
        text.Append("| `model_type` | models | default LoRA targets |").AppendJoin(string.Empty, Fused.Select(path => $" {path.Title} |")).Append('\n');
        text.Append("| --- | --- | --- |").Insert(text.Length, " :-: |", Fused.Length).Append('\n');
        foreach ((string modelType, string models) in families)
        {
            string folder = cases[modelType].First();
            using var processor = new CpuBackend();
            var backend = new ProfilingBackend(processor);
            using var device = new Device(backend);
            using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
            using SafetensorsFile io = SafetensorsFile.Open(Path.Combine(folder, "io.safetensors"));
            using StepScope scope = device.Scope();
            (Network model, Tensor loss) = step(device, ModelConfig.Load(Path.Combine(folder, "config.json")), weights, io);
            device.Tape.Backward(loss);
            HashSet<string> used = [.. backend.Calls.Select(call => call.Operation)];
            text.Append($"| `{modelType}` | {models} | {string.Join(", ", model.DefaultLoraTargets)} |");
            text.AppendJoin(string.Empty, Fused.Select(path => used.Contains(path.Operation) ? " yes |" : " |")).Append('\n');
        }
    }

    private static (Network Model, Tensor Loss) CausalStep(Device device, ModelConfig config, ITensorSource weights, ITensorSource io)
    {
        CausalLmModel model = CausalLmLoader.Load(device, config, weights, Training);
        return (model, PaddedBatch.Read(io, "right.").Loss(model).Sum);
    }

    private static (Network Model, Tensor Loss) ClassifierStep(Device device, ModelConfig config, ITensorSource weights, ITensorSource io)
    {
        var model = (SequenceClassificationModel)HeadLoader.Load(device, config, weights, KnownHeads.SequenceClassification, Training).Model;
        return (model, model.SumLosses(new ForwardPass(PaddedBatch.Read(io, string.Empty).ToDevice(device)), io.ReadInts("labels")).Sum);
    }

    private static (Network Model, Tensor Loss) Seq2SeqStep(Device device, ModelConfig config, ITensorSource weights, ITensorSource io)
    {
        Seq2SeqModel model = Seq2SeqLoader.Load(device, config, weights, Training);
        PaddedBatch source = PaddedBatch.Read(io, string.Empty);
        int[] text = [.. io.ReadInts("labels").Take((int)io.Info("labels").Shape[1]).Where(label => label != Seq2SeqModel.Ignored)];
        return (model, model.SumLosses(new ForwardPass(One(source.Ids[..source.Starts[1]])), new ForwardPass(One(model.DecoderInputs(text))), text).Sum);

        TokenBatch One(int[] ids) => TokenBatch.Create(device, ids, [.. Enumerable.Range(0, ids.Length)], [0, ids.Length]);
    }
}
