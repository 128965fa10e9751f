using System.Text;
using System.Text.Json;
using Attune.Formats;
using Attune.Inference.Search;
using Attune.Models;
using Attune.Models.Seq2Seq;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Testing;

namespace Attune.Inference.Tests;

/// <summary>Every greedy and beam search of the reference values: equal ids, and scores within the tolerance of their README.</summary>
[Trait("Category", "Golden")]
public sealed class SearchGoldenTests
{
    private const double ScoreTolerance = 2e-5;

    public static TheoryData<string, string> CausalCases => GoldenSearches.Cases("causal", "beam");

    public static TheoryData<string, string> Seq2SeqCases => GoldenSearches.Cases("seq2seq", "beam");

    [Theory]
    [MemberData(nameof(CausalCases))]
    public void Continuations_with_beams(string name, string backend)
    {
        string folder = Goldens.Require("families", "causal", name);
        using JsonDocument golden = GoldenArrays.Json(Path.Combine(folder, "case.json"));
        JsonElement searches = golden.RootElement.GetProperty("beam");
        ModelConfig config = ModelConfig.Load(Path.Combine(folder, "config.json"));
        IBackend made = TestBackends.Create(backend);
        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        using var device = new Device(made);
        CausalLmModel model = CausalLmLoader.Load(device, config, weights, new WeightOptions());
        foreach (JsonElement search in searches.EnumerateArray())
        {
            GenerationOptions options = Options(search.GetProperty("settings"));
            int columns = search.GetProperty("input_ids")[0].GetArrayLength();
            Compare(search, TextSearch.Run(model, GoldenSearches.Prompts(search), options), options, columns);
        }

        (made as IDisposable)?.Dispose();
    }

    [Theory]
    [MemberData(nameof(Seq2SeqCases))]
    public void Answers_greedily_and_with_beams(string name, string backend)
    {
        string folder = Goldens.Require("families", "seq2seq", name);
        using JsonDocument golden = GoldenArrays.Json(Path.Combine(folder, "case.json"));
        JsonElement searches = golden.RootElement.GetProperty("beam");
        ModelConfig config = ModelConfig.Load(Path.Combine(folder, "config.json"));
        IBackend made = TestBackends.Create(backend);
        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        using var device = new Device(made);
        Seq2SeqModel model = Seq2SeqLoader.Load(device, config, weights, new WeightOptions());
        JsonElement greedy = golden.RootElement.GetProperty("greedy");
        foreach (JsonElement run in greedy.GetProperty("runs").EnumerateArray())
        {
            GenerationOptions options = Options(run.GetProperty("settings")) with { MaxNewTokens = greedy.GetProperty("max_new_tokens").GetInt32() };
            Compare(run, TextSearch.Run(model, GoldenSearches.Prompts(greedy), options), options, columns: 1);
        }

        foreach (JsonElement search in searches.EnumerateArray())
        {
            GenerationOptions options = Options(search.GetProperty("settings"));
            Compare(search, TextSearch.Run(model, GoldenSearches.Prompts(search), options), options, columns: 1);
        }

        (made as IDisposable)?.Dispose();
    }

    /// <summary>Settings are read as those of a model's generation_config.json are.</summary>
    private static GenerationOptions Options(JsonElement settings) => GenerationOptions.From(ModelConfig.Parse(Encoding.UTF8.GetBytes(settings.GetRawText()), "case.json"));

    /// <summary>Compares rows up to the first end token; behind it the reference fills.</summary>
    private static void Compare(JsonElement expected, SearchResult[][] found, GenerationOptions options, int columns)
    {
        string what = expected.GetProperty("name").GetString()!;
        SearchResult[] rows = [.. found.SelectMany(row => row)];
        int[][] sequences = [.. expected.GetProperty("sequences").EnumerateArray().Select(row => row.Ints()[columns..])];
        Assert.Equal(sequences.Length, rows.Length);
        for (int i = 0; i < rows.Length; i++)
        {
            int[] wanted = GoldenSearches.UpToEnd(sequences[i], options);
            Assert.True(wanted.AsSpan().SequenceEqual(rows[i].Tokens), $"{what}, row {i}: expected {string.Join(" ", wanted)}, found {string.Join(" ", rows[i].Tokens)}");
            if (expected.TryGetProperty("scores", out JsonElement scores))
            {
                Assert.Equal(scores[i].GetDouble(), rows[i].Score, ScoreTolerance);
            }
        }
    }
}
