using System.Text.Json;
using Attune.Data.Rows;
using Attune.Data.Tasks;
using Attune.Evaluation.Prediction;
using Attune.Formats;
using Attune.Kernels;
using Attune.Models.Heads;
using Attune.Nn;
using Attune.Tensors;
using Attune.Testing;
using Attune.Text;

namespace Attune.Evaluation.Tests.Encoders;

/// <summary>Vectors of MiniLM, pooled and normalised as its modules.json says, beside those of sentence-transformers.</summary>
[Trait("Category", "Golden")]
public sealed class EmbeddingGoldenTests
{
    /// <summary>The READMEs' tolerances.</summary>
    private const double Tolerance = 1e-5;
    private const double StateTolerance = 2e-5;

    [Fact]
    public void Sentences_of_the_text_goldens()
    {
        string folder = Goldens.Require("text", "embeddings");
        using JsonDocument file = GoldenArrays.Json(Path.Combine(folder, "minilm.json"));
        JsonElement[] sentences = [.. file.RootElement.GetProperty("sentences").EnumerateArray()];
        using SafetensorsFile golden = SafetensorsFile.Open(Path.Combine(folder, "minilm.safetensors"));
        using var embedder = new Embedder();
        float[] vectors = embedder.RequireEqual(sentences, golden.ReadFloat32("embeddings"));
        GoldenArrays.Close(golden.ReadFloat32("cosine"), Cosines(vectors, sentences.Length), Tolerance, "cosines");
        foreach (string name in golden.Names.Where(name => name.StartsWith("last_hidden_state.", StringComparison.Ordinal)))
        {
            int sentence = int.Parse(name["last_hidden_state.".Length..], System.Globalization.CultureInfo.InvariantCulture);
            GoldenArrays.Close(golden.ReadFloat32(name), embedder.States(sentences[sentence].GetProperty("ids").Ints()), StateTolerance, name);
        }
    }

    [Fact]
    public void Sentences_of_the_real_runs()
    {
        string folder = Goldens.Require("real", "encoder");
        JsonElement[] sentences = [.. File.ReadLines(Path.Combine(folder, "embeddings.jsonl")).Select(line => JsonElement.Parse(line))];
        using SafetensorsFile golden = SafetensorsFile.Open(Path.Combine(folder, "embeddings.safetensors"));
        using var embedder = new Embedder();
        float[] vectors = embedder.RequireEqual(sentences, golden.ReadFloat32("embeddings"));
        GoldenArrays.Close(golden.ReadFloat32("cosine"), Cosines(vectors, sentences.Length), Tolerance, "cosines");
    }

    private static float[] Cosines(float[] vectors, int count)
    {
        int width = vectors.Length / count;
        return
        [
            .. from x in Enumerable.Range(0, count)
               from y in Enumerable.Range(0, count)
               select System.Numerics.Tensors.TensorPrimitives.Dot<float>(vectors.AsSpan(x * width, width), vectors.AsSpan(y * width, width)),
        ];
    }

    /// <summary>MiniLM as the product opens it.</summary>
    private sealed class Embedder : IDisposable
    {
        private readonly CpuBackend _backend = new();
        private readonly Device _device;
        private readonly SentenceEmbeddingModel _model;
        private readonly TaskEncoder _encoder;

        public Embedder()
        {
            string folder = ModelFolder.MiniLm;
            _device = new Device(_backend);
            SentencePooling pooling = SentencePooling.Read(folder)!;
            Assert.Equal(new SentencePooling(Pooling.Mean, Normalize: true), pooling);
            LoadedHead loaded = ModelFolder.LoadHead(_device, folder, SentenceEmbeddingModel.HeadOf(pooling), new WeightOptions());
            Assert.Empty(loaded.FreshWeights);
            _model = (SentenceEmbeddingModel)loaded.Model;
            _encoder = new TaskEncoder(TokenizerJson.Load(ModelFolder.TokenizerOf(folder)), 256, new TaskOptions());
        }

        public float[] RequireEqual(JsonElement[] sentences, float[] expected)
        {
            var rows = new EmbedRows();
            EncodedExample[] examples = [.. sentences.Select(sentence => rows.Encode(new SimilarExample(new RowPlace("golden", 0), sentence.GetProperty("text").GetString()!, null, null), _encoder))];
            Assert.All(examples.Zip(sentences), pair => Assert.Equal(pair.Second.GetProperty("ids").Ints(), pair.First.Rows[0].Tokens.InputIds));
            IReadOnlyList<TaskPrediction> predictions = new VectorPredictor(_model, new PredictionOptions()).Predict(examples, TestContext.Current.CancellationToken);
            float[] vectors = [.. predictions.SelectMany(prediction => ((VectorPrediction)prediction).Vector)];
            GoldenArrays.Close(expected, vectors, Tolerance, "vectors");
            return vectors;
        }

        public float[] States(int[] ids)
        {
            using StepScope scope = _device.Scope();
            using var pause = _device.Tape.Pause();
            return _model.Backbone.Forward(new ForwardPass(TokenBatch.Create(_device, ids, [.. Enumerable.Range(0, ids.Length)], [0, ids.Length]))).ToArray();
        }

        public void Dispose()
        {
            _device.Dispose();
            _backend.Dispose();
        }
    }
}
