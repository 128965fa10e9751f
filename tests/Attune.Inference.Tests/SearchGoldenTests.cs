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

    public static TheoryData<string, string> CausalCases => Cases("causal");

    public static TheoryData<string, string> Seq2SeqCases => Cases("seq2seq");

    [Theory]
    [MemberData(nameof(CausalCases))]
    public void Continuations_with_beams(string name, string backend)
    {
        string folder = Goldens.Require("families", "causal", name);
        using JsonDocument golden = GoldenArrays.Json(Path.Combine(folder, "case.json"));
        Assert.SkipUnless(golden.RootElement.TryGetProperty("beam", out JsonElement searches), "a case without beam search");
        ModelConfig config = ModelConfig.Load(Path.Combine(folder, "config.json"));
        Assert.SkipUnless(KnownModels.CausalLm.Any(family => family.ModelType == config.ModelType), $"the family {config.ModelType} is not built yet");
        IBackend made = TestBackends.Create(backend);
        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        using var device = new Device(made);
        CausalLmModel model = CausalLmLoader.Load(device, config, weights, new WeightOptions());
        foreach (JsonElement search in searches.EnumerateArray())
        {
            SearchOptions options = Options(search.GetProperty("settings"));
            int columns = search.GetProperty("input_ids")[0].GetArrayLength();
            Compare(search, TextSearch.Run(model, Prompts(search), options), options, columns);
        }

        (made as IDisposable)?.Dispose();
    }

    [Theory]
    [MemberData(nameof(Seq2SeqCases))]
    public void Answers_greedily_and_with_beams(string name, string backend)
    {
        string folder = Goldens.Require("families", "seq2seq", name);
        using JsonDocument golden = GoldenArrays.Json(Path.Combine(folder, "case.json"));
        Assert.SkipUnless(golden.RootElement.TryGetProperty("beam", out JsonElement searches), "a case without generation");
        ModelConfig config = ModelConfig.Load(Path.Combine(folder, "config.json"));
        Assert.SkipUnless(KnownModels.Seq2Seq.Any(family => family.ModelType == config.ModelType), $"the family {config.ModelType} is not built yet");
        IBackend made = TestBackends.Create(backend);
        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        using var device = new Device(made);
        Seq2SeqModel model = Seq2SeqLoader.Load(device, config, weights, new WeightOptions());
        JsonElement greedy = golden.RootElement.GetProperty("greedy");
        foreach (JsonElement run in greedy.GetProperty("runs").EnumerateArray())
        {
            SearchOptions options = Options(run.GetProperty("settings")) with { MaxNewTokens = greedy.GetProperty("max_new_tokens").GetInt32() };
            Compare(run, TextSearch.Run(model, Prompts(greedy), options), options, columns: 1);
        }

        foreach (JsonElement search in searches.EnumerateArray())
        {
            SearchOptions options = Options(search.GetProperty("settings"));
            Compare(search, TextSearch.Run(model, Prompts(search), options), options, columns: 1);
        }

        (made as IDisposable)?.Dispose();
    }

    private static TheoryData<string, string> Cases(string kind)
    {
        var rows = new TheoryData<string, string>();
        foreach (string name in Goldens.Folders($"families/{kind}").Select(row => row.Data))
        {
            foreach (string backend in TestBackends.Names.Select(row => row.Data))
            {
                rows.Add(name, backend);
            }
        }

        return rows;
    }

    private static int[][] Prompts(JsonElement search) =>
    [
        .. search.GetProperty("input_ids").EnumerateArray().Zip(
            search.GetProperty("attention_mask").EnumerateArray(),
            static (ids, mask) => ids.Ints().Zip(mask.Ints()).Where(pair => pair.Second == 1).Select(pair => pair.First).ToArray()),
    ];

    private static SearchOptions Options(JsonElement settings) => new()
    {
        NumBeams = Number(settings, "num_beams") ?? 1,
        MaxNewTokens = Number(settings, "max_new_tokens") ?? 12,
        LengthPenalty = settings.TryGetProperty("length_penalty", out JsonElement penalty) ? penalty.GetDouble() : 1,
        EarlyStopping = !settings.TryGetProperty("early_stopping", out JsonElement stopping) ? EarlyStopping.WhenWorse : stopping.ValueKind switch
        {
            JsonValueKind.True => EarlyStopping.WhenFull,
            JsonValueKind.String => EarlyStopping.WhenHopeless,
            _ => EarlyStopping.WhenWorse,
        },
        NumReturnSequences = Number(settings, "num_return_sequences") ?? 1,
        EosTokenIds = Number(settings, "eos_token_id") is { } eos ? [eos] : [],
        RepetitionPenalty = settings.TryGetProperty("repetition_penalty", out JsonElement repetition) ? repetition.GetDouble() : 1,
        NoRepeatNgramSize = Number(settings, "no_repeat_ngram_size") ?? 0,
        MinNewTokens = Number(settings, "min_new_tokens") ?? 0,
        ForcedBosTokenId = Number(settings, "forced_bos_token_id"),
        ForcedEosTokenId = Number(settings, "forced_eos_token_id"),
    };

    /// <summary>Compares rows up to the first end token; behind it the reference fills.</summary>
    private static void Compare(JsonElement expected, SearchResult[][] found, SearchOptions options, int columns)
    {
        string what = expected.GetProperty("name").GetString()!;
        SearchResult[] rows = [.. found.SelectMany(row => row)];
        int[][] sequences = [.. expected.GetProperty("sequences").EnumerateArray().Select(row => row.Ints()[columns..])];
        Assert.Equal(sequences.Length, rows.Length);
        for (int i = 0; i < rows.Length; i++)
        {
            int end = Array.FindIndex(sequences[i], id => options.EosTokenIds.Contains(id));
            Assert.True(
                sequences[i].AsSpan(0, end < 0 ? sequences[i].Length : end + 1).SequenceEqual(rows[i].Tokens),
                $"{what}, row {i}: expected {string.Join(" ", sequences[i])}, found {string.Join(" ", rows[i].Tokens)}");
            if (expected.TryGetProperty("scores", out JsonElement scores))
            {
                Assert.Equal(scores[i].GetDouble(), rows[i].Score, ScoreTolerance);
            }
        }
    }

    private static int? Number(JsonElement settings, string name) =>
        settings.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetInt32() : null;
}
