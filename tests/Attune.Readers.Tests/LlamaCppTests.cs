using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Kernels;
using Attune.Models;
using Attune.Nn;
using Attune.Tensors;
using Attune.Testing;
using Attune.Text;

namespace Attune.Readers.Tests;

/// <summary>llama.cpp opens the GGUF files that were written: the same ids of texts, the same greedy ids, nearly the same perplexity.</summary>
public sealed class LlamaCppTests : IDisposable
{
    private const int Generated = 16;

    private static readonly string[] Texts =
    [
        "Hello, the lamp of order 5512 arrived broken. Thank you. Milo",
        "In 1987 it cost 3,141.59 (about 20% more); don't ask why it's \"cheap\".",
        "  two  blanks,\ttabs\nand\n\nlines  ",
        "Grüße aus Köln, привет, 你好世界, مرحبا, \U0001F680 é",
        "<|im_start|>user\nWhere is it?<|im_end|>\n",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("f32", 0.002)]
    [InlineData("f16", 0.005)]
    [InlineData("bf16", 0.01)]
    [InlineData("q8_0", 0.02)]
    public void The_model_of_this_repository_is_the_same_model(string type, double tolerance) =>
        Check(Path.Combine(Repository.Root, "models", "attune-base"), type, tolerance);

    [Theory]
    [Trait("Category", "Golden")]
    [InlineData("spbpe_512", true)]
    [InlineData("spbpe_2000", false)]
    [InlineData("unigram_512", true)]
    [InlineData("unigram_2000", false)]
    public void A_SentencePiece_vocabulary_gives_the_same_ids(string name, bool blankFirst) =>
        Check(SentencePieceModels.Write(_folder["model"], Goldens.Require("text", "tokenizers", "trained", name, "tokenizer.json"), blankFirst), "f32", 0.005);

    [Fact]
    [Trait("Category", "Golden")]
    public void The_vocabulary_of_Llama_2_gives_the_same_ids_as_its_SentencePiece_model() =>
        Check(SentencePieceModels.Write(_folder["model"], "tokenizer.model", Goldens.RequireData("tokenizers", "llama2", "tokenizer.model.gz"), "LlamaTokenizer", 32_000), "f32", 0.005);

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData("f16", 0.005)]
    [InlineData("q8_0", 0.02)]
    [InlineData("q6_k", 0.03)]
    [InlineData("q4_k", 0.05)]
    [InlineData("q4_0", 0.05)]
    public void SmolLM2_is_the_same_model(string type, double tolerance)
    {
        string folder = Goldens.RequireModel("SmolLM2-135M-Instruct-GGUF");
        Check(Directory.EnumerateFiles(folder, "*.gguf").Single(), type, tolerance);
    }

    private void Check(string source, string type, double tolerance)
    {
        string path = _folder["model.gguf"];
        Readers.Attune("convert", source, path, "--dtype", type);
        using ModelFile file = ModelFile.Open(path);
        Tokenizer tokenizer = Load((GgufTokenizerSource)file.Tokenizer!);
        int[] prompt = tokenizer.Encode(Texts[0]).Ids;
        int[] text = [.. Texts.Take(2).SelectMany(part => tokenizer.Encode(part).Ids)];
        JsonNode answer = Readers.Node("gguf", new JsonObject
        {
            ["path"] = path,
            ["prompt"] = PlainRuns.Array(prompt),
            ["generate"] = Generated,
            ["text"] = PlainRuns.Array(text),
            ["texts"] = new JsonArray([.. Texts.Select(part => (JsonNode)part)]),
        });
        Assert.Equal(Texts.Select(part => string.Join(' ', tokenizer.Encode(part).Ids)), answer["texts"]!.AsArray().Select(ids => string.Join(' ', PlainRuns.Ints(ids!))));
        using var backend = new CpuBackend();
        using var device = new Device(backend);
        CausalLmModel model = CausalLmLoader.Load(device, file.Config, file.Tensors, new WeightOptions());
        Assert.InRange((double)answer["perplexity"]! / PlainRuns.Perplexity(model, text), 1 - tolerance, 1 + tolerance);

        // llama.cpp rounds activations to 8 bits before it multiplies them with weights of 4 bits, so that texts may part where two tokens are about as likely.
        int compared = type.StartsWith("q4", StringComparison.Ordinal) ? Generated / 2 : Generated;
        Assert.Equal(PlainRuns.Greedy(model, prompt, Generated).Take(compared), PlainRuns.Ints(answer["ids"]!).Take(compared));
    }

    private static Tokenizer Load(GgufTokenizerSource source) => GgufVocabulary.Build(
        new GgufVocabularySource(source.Model, source.Tokens)
        {
            Pre = source.Pre,
            Merges = source.Merges ?? [],
            TokenTypes = source.TokenTypes,
            Scores = source.Scores,
            BeginId = source.BosTokenId,
            EndId = source.EosTokenId,
            AddSpacePrefix = source.AddSpacePrefix ?? true,
        },
        "test");
}
