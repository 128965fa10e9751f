using System.Numerics.Tensors;
using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Kernels;
using Attune.Models.Heads;
using Attune.Nn;
using Attune.Tensors;
using Attune.Testing;
using Attune.Text;

namespace Attune.Readers.Tests;

/// <summary>llama.cpp opens the GGUF files of encoders: the same ids of texts, nearly the same vectors.</summary>
[Trait("Category", "Golden")]
public sealed class LlamaCppEncoderTests : IDisposable
{
    /// <summary>llama.cpp takes GELU from a table, in the form with the hyperbolic tangent.</summary>
    private const double LeastCosine = 0.9995;

    private static readonly string[] Texts =
    [
        "Hello, the lamp of order 5512 arrived broken. Thank you. Milo", "In 1987 it cost 3,141.59 (about 20% more); don't ask why it's \"cheap\".", "  two  blanks,\ttabs\nand lines  ",
        "Grüße aus Köln, привет, 你好世界, café", "unbelievable xylophonist",
    ];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Families => Goldens.Folders("families/encoders");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("f32", 0.9999)]
    [InlineData("q8_0", 0.999)]
    public void MiniLM_is_the_same_model(string type, double leastCosine)
    {
        string folder = Goldens.RequireModel("all-MiniLM-L6-v2");
        string path = _folder["model.gguf"];
        Readers.Attune("convert", folder, path, "--dtype", type);
        Tokenizer tokenizer = TokenizerFolder.Load(folder);
        int[][] ids = [.. Texts.Select(text => tokenizer.Encode(text, addSpecialTokens: true).Ids)];
        JsonNode answer = Ask(path, ids);
        Assert.Equal(Texts.Select(text => string.Join(' ', tokenizer.Encode(text).Ids)), answer["texts"]!.AsArray().Select(list => string.Join(' ', PlainRuns.Ints(list!))));
        using ModelFile file = ModelFile.Open(path);
        Assert.Equal("mean", file.Pooling);
        RequireNear(file, Pooling.Mean, ids, answer, leastCosine);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void The_model_is_the_same(string name)
    {
        using ModelFile model = ModelFile.Open(Goldens.Require("families", "encoders", name, "base"));
        Assert.SkipUnless(KnownGgufArchitectures.ByModelType(model.Config.ModelType) is not null, $"GGUF files have no architecture for {model.Config.ModelType}");
        int vocabulary = model.Config.GetPositive("vocab_size");
        var tokenizer = new GgufTokenizerSource("bert", ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. Enumerable.Range(5, vocabulary - 5).Select(id => $"\u2581t{id}")])
        {
            TokenTypes = [3, 3, 3, 3, 3, .. Enumerable.Repeat(1, vocabulary - 5)],
            PadTokenId = 0,
            UnknownTokenId = 1,
            BosTokenId = 2,
            SeparatorTokenId = 3,
            MaskTokenId = 4,
        };
        string path = _folder["model.gguf"];
        ModelFile.WriteGguf(path, model.Config, model.Tensors, KnownGgufTypes.F32, new GgufTextSide { Tokenizer = tokenizer, Pooling = "cls" });
        int[][] ids = [[2, .. Enumerable.Range(7, 12), 3], [2, .. Enumerable.Range(1, 20).Select(i => 5 + (i * 37 % (vocabulary - 5))), 3]];
        RequireNear(model, Pooling.First, ids, Ask(path, ids), LeastCosine);
    }

    /// <summary>The package runs no model with encoder and decoder, but opens it, for which keys, names and shapes have to be right.</summary>
    [Theory]
    [InlineData("t5")]
    [InlineData("t5_v1_1")]
    public void A_model_with_encoder_and_decoder_opens(string name)
    {
        using ModelFile model = ModelFile.Open(Goldens.Require("families", "seq2seq", name));
        ModelConfig config = model.Config.With("relative_attention_max_distance", 128);
        string[] pieces = ["<pad>", "</s>", "<unk>", "\u2581", "\u2581the", .. Enumerable.Range('a', 26).Select(letter => $"{(char)letter}")];
        int rest = config.GetPositive("vocab_size") - pieces.Length;
        string path = _folder["model.gguf"];
        ModelFile.WriteGguf(path, config, model.Tensors, KnownGgufTypes.F32, new GgufTextSide
        {
            Tokenizer = new GgufTokenizerSource("t5", [.. pieces, .. Enumerable.Range(0, rest).Select(id => $"[PAD{id}]")])
            {
                Pre = "default",
                Scores = [0, 0, 0, -3, -1, .. Enumerable.Repeat(-5f, 26), .. Enumerable.Repeat(0f, rest)],
                TokenTypes = [3, 3, 2, 1, 1, .. Enumerable.Repeat(1, 26), .. Enumerable.Repeat(5, rest)],
                EosTokenId = 1,
                PadTokenId = 0,
                UnknownTokenId = 2,
                AddBosToken = false,
                AddEosToken = true,
                AddSpacePrefix = true,
            },
        });
        JsonNode answer = Readers.Node("gguf_vectors", new JsonObject { ["path"] = path, ["texts"] = new JsonArray("the cat", "then"), ["ids"] = new JsonArray() });
        Assert.Equal(["4 3 7 5 24", "4 18"], answer["texts"]!.AsArray().Select(list => string.Join(' ', PlainRuns.Ints(list!))));
    }

    private static JsonNode Ask(string path, int[][] ids) => Readers.Node("gguf_vectors", new JsonObject
    {
        ["path"] = path,
        ["texts"] = new JsonArray([.. Texts.Select(text => (JsonNode)text)]),
        ["ids"] = new JsonArray([.. ids.Select(list => (JsonNode)PlainRuns.Array(list))]),
    });

    private static void RequireNear(ModelFile file, Pooling pooling, int[][] ids, JsonNode answer, double leastCosine)
    {
        using var backend = new CpuBackend();
        using var device = new Device(backend);
        var model = (SentenceEmbeddingModel)HeadLoader.Load(device, file.Config, file.Tensors, SentenceEmbeddingModel.HeadOf(new SentencePooling(pooling, Normalize: true)), new WeightOptions()).Model;
        for (int i = 0; i < ids.Length; i++)
        {
            using StepScope scope = device.Scope();
            using var pause = device.Tape.Pause();
            float[] wanted = model.Logits(new ForwardPass(TokenBatch.Create(device, ids[i], [.. Enumerable.Range(0, ids[i].Length)], [0, ids[i].Length]))).ToArray();
            float[] found = [.. answer["vectors"]![i]!.AsArray().Select(value => (float)value!)];
            Assert.InRange(TensorPrimitives.CosineSimilarity<float>(wanted, found), leastCosine, 1.00001);
        }
    }
}
