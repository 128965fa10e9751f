using System.Text.Json;
using Attune.Formats;
using Attune.Kernels;
using Attune.Models;
using Attune.Nn;
using Attune.Tensors;
using Attune.Testing;
using Attune.Text;

namespace Attune.Evaluation.Tests;

/// <summary>The real SmolLM2-135M-Instruct on the CPU backend, opened once for a class of tests; its members skip the test when the model is not there.</summary>
public sealed class SmolLm2 : IDisposable
{
    private readonly Lazy<Opened> _opened;

    /// <summary>Opens the model when a test first asks for it.</summary>
    public SmolLm2()
        : this(DType.F32)
    {
    }

    private SmolLm2(DType compute) => _opened = new Lazy<Opened>(() => Open(compute));

    public CausalLmModel Model => Opened.Of(_opened).Model;

    public ModelFile File => Opened.Of(_opened).File;

    public Tokenizer Tokenizer => Opened.Of(_opened).Tokenizer;

    public static SmolLm2 InBf16() => new(DType.BF16);

    /// <summary>The rows of a JSON-lines file of the reference values.</summary>
    public static IEnumerable<JsonElement> Rows(params string[] parts) =>
        System.IO.File.ReadAllText(Goldens.Require(["real", .. parts])).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement);

    public void Dispose()
    {
        if (_opened.IsValueCreated)
        {
            _opened.Value.Dispose();
        }
    }

    private static Opened Open(DType compute)
    {
        string path = Path.Combine(Goldens.Models, "SmolLM2-135M-Instruct-GGUF");
        ModelFile file = ModelFile.Open(path);
        var backend = new CpuBackend(new CpuBackendOptions());
        var device = new Device(backend);
        CausalLmModel model = CausalLmLoader.Load(device, file.Config, file.Tensors, new WeightOptions { Compute = compute });
        var source = (GgufTokenizerSource)file.Tokenizer!;
        Tokenizer tokenizer = GgufVocabulary.Build(new GgufVocabularySource(source.Model, source.Tokens) { Pre = source.Pre, Merges = source.Merges!, TokenTypes = source.TokenTypes }, path);
        return new Opened(backend, device, file, model, tokenizer);
    }

    private sealed record Opened(CpuBackend Backend, Device Device, ModelFile File, CausalLmModel Model, Tokenizer Tokenizer) : IDisposable
    {
        public static Opened Of(Lazy<Opened> opened)
        {
            Goldens.RequireModel("SmolLM2-135M-Instruct-GGUF");
            return opened.Value;
        }

        public void Dispose()
        {
            Device.Dispose();
            File.Dispose();
            Backend.Dispose();
        }
    }
}
