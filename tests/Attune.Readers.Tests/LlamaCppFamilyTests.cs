using System.Diagnostics.CodeAnalysis;
using System.Numerics.Tensors;
using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Kernels;
using Attune.Models;
using Attune.Nn;
using Attune.Tensors;
using Attune.Testing;

namespace Attune.Readers.Tests;

/// <summary>llama.cpp opens the GGUF file of every reference model whose architecture it has, which proves keys, names and forms: the same greedy ids, nearly the same perplexity.</summary>
[Trait("Category", "Golden")]
public sealed class LlamaCppFamilyTests : IDisposable
{
    private const int Generated = 8;

    /// <summary>llama.cpp holds keys and values in half precision and takes GELU from a table, in the form with the hyperbolic tangent.</summary>
    private const double Tolerance = 0.02;

    /// <summary>Two tokens that are nearer than this may change places by such rounding.</summary>
    private const float LeastMargin = 0.1f;

    /// <summary>Reference models that no GGUF file can say.</summary>
    private static readonly string[] Refused = ["falcon_rw", "llama_dynamic"];

    /// <summary>What llama.cpp does otherwise than the reference, so that the models are changed to what both do: it has no windows in these families.</summary>
    private static readonly string[] WithoutWindows = ["mistral", "phi3", "qwen2", "starcoder2"];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Families => Goldens.Folders("families/causal");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Families))]
    public void The_model_is_the_same(string name)
    {
        string folder = Goldens.Require("families", "causal", name);
        using ModelFile model = ModelFile.Open(folder);
        Assert.SkipUnless(KnownGgufArchitectures.ByModelType(model.Config.ModelType) is not null, $"GGUF files have no architecture for {model.Config.ModelType}");
        Assert.SkipWhen(Refused.Contains(name), "no GGUF file can say this model");
        ModelConfig config = Common(name, model.Config);
        using var tensors = new FirstLayers(model.Tensors, config.GetPositive(config.Present("num_hidden_layers", "n_layer", "n_layers")));
        string path = _folder["model.gguf"];
        ModelFile.WriteGguf(path, config, tensors, KnownGgufTypes.F32, new GgufTextSide { Tokenizer = Vocabulary(config.GetPositive("vocab_size")) });

        using SafetensorsFile io = SafetensorsFile.Open(Path.Combine(folder, "io.safetensors"));
        int[] text = [.. io.ReadAs<long>("right.input_ids").Take(17).Select(id => (int)id)];
        int[] prompt = text[..12];
        JsonNode answer = Readers.Node("gguf", new JsonObject
        {
            ["path"] = path,
            ["prompt"] = PlainRuns.Array(prompt),
            ["generate"] = Generated,
            ["text"] = PlainRuns.Array(text),
            ["texts"] = new JsonArray(),
        });
        using var backend = new CpuBackend();
        using var device = new Device(backend);
        CausalLmModel loaded = CausalLmLoader.Load(device, config, tensors, new WeightOptions());
        Assert.InRange((double)answer["perplexity"]! / PlainRuns.Perplexity(loaded, text), 1 - Tolerance, 1 + Tolerance);
        int[] ids = PlainRuns.Ints(answer["ids"]!);
        Assert.NotEmpty(ids);
        int[] expected = PlainRuns.Greedy(loaded, prompt, ids.Length);
        int certain = Enumerable.Range(0, ids.Length).TakeWhile(i => Margin(loaded, [.. prompt, .. expected[..i]]) > LeastMargin).Count();
        Assert.Equal(expected[..certain], ids[..certain]);
    }

    private static ModelConfig Common(string name, ModelConfig config)
    {
        if (WithoutWindows.Contains(name))
        {
            config = config.With("sliding_window", null).With("use_sliding_window", null).With("layer_types", null);
            JsonObject values = config.ToJsonObject();
            values["sliding_window"] = null;
            config = new ModelConfig(values, config.Location);
        }

        return name switch
        {
            // It divides scores by the root of the size of a head unless it is the largest model of the family, and has windows by a period.
            "gemma2" => config.With("query_pre_attn_scalar", 12),
            "gemma3" => config.With("query_pre_attn_scalar", 12).With("layer_types", new JsonArray("sliding_attention", "sliding_attention", "sliding_attention", "full_attention")),

            // It has one limit of gated layers, and whole dimensions as the borders of YaRN's ramp.
            "gpt_oss" => config.With("swiglu_limit", 7).With("rope_parameters", new JsonObject { ["rope_type"] = "default", ["rope_theta"] = 1000 }),
            "smollm3" => config.With("no_rope_layers", new JsonArray(1, 1, 1, 0)),

            // Layers without experts among those with experts do not exist there.
            "qwen3_moe" => config.With("num_hidden_layers", 1).With("mlp_only_layers", new JsonArray()),
            _ => config,
        };
    }

    private static float Margin(CausalLmModel model, int[] ids)
    {
        float[] logits = PlainRuns.Logits(model, ids);
        Span<float> last = logits.AsSpan(logits.Length - model.VocabSize);
        int best = TensorPrimitives.IndexOfMax<float>(last);
        float largest = last[best];
        last[best] = float.NegativeInfinity;
        return largest - TensorPrimitives.Max<float>(last);
    }

    // The reference models have no tokenizer; llama.cpp wants one.
    private static GgufTokenizerSource Vocabulary(int size) => new("gpt2", [.. Enumerable.Range(0, size).Select(id => $"t{id}")])
    {
        Pre = "gpt-2",
        Merges = ["t 0"],
        TokenTypes = [.. Enumerable.Repeat(1, size)],
        BosTokenId = 0,
        EosTokenId = 1,
    };

    /// <summary>A model cut off behind some layers.</summary>
    private sealed class FirstLayers(ITensorSource inner, int layers) : ITensorSource
    {
        public string Location => inner.Location;

        public IReadOnlyCollection<string> Names { get; } =
            [.. inner.Names.Where(name => !name.Split('.').SkipWhile(part => part is not ("layers" or "h" or "blocks")).Skip(1).Take(1).Any(number => int.Parse(number, System.Globalization.CultureInfo.InvariantCulture) >= layers))];

        public bool TryGetInfo(string name, [NotNullWhen(true)] out TensorInfo? info) => inner.TryGetInfo(name, out info);

        public void Read(string name, long byteOffset, Span<byte> destination) => inner.Read(name, byteOffset, destination);

        public void Dispose()
        {
            // The whole model closes it.
        }
    }
}
