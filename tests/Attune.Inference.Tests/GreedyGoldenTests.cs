using System.Text.Json;
using Attune.Formats;
using Attune.Inference.Search;
using Attune.Models;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Testing;

namespace Attune.Inference.Tests;

/// <summary>
/// The greedy ids of every decoder of the reference values: of a prompt alone, and of the prompts that the reference pads on the left, which are read here as they are, together in one batch and one after
/// the other in its places.
/// </summary>
[Trait("Category", "Golden")]
public sealed class GreedyGoldenTests
{
    public static TheoryData<string, string> Cases => GoldenSearches.Cases("causal", "greedy");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Prompts_of_different_lengths_are_continued_as_the_reference_continues_them(string name, string backend)
    {
        string folder = Goldens.Require("families", "causal", name);
        using JsonDocument golden = GoldenArrays.Json(Path.Combine(folder, "case.json"));
        JsonElement greedy = golden.RootElement.GetProperty("greedy");
        JsonElement batch = greedy.GetProperty("batch");
        JsonElement ending = greedy.GetProperty("batch_with_eos");
        IBackend made = TestBackends.Create(backend);
        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        using var device = new Device(made);
        CausalLmModel model = CausalLmLoader.Load(device, ModelConfig.Load(Path.Combine(folder, "config.json")), weights, new WeightOptions());
        var options = new GenerationOptions { MaxNewTokens = greedy.GetProperty("max_new_tokens").GetInt32() };
        GenerationOptions withEnd = options with { EosTokenIds = [ending.GetProperty("eos_token_id").GetInt32()] };
        int[][] single = [greedy.GetProperty("single").GetProperty("input_ids")[0].Ints()];
        int[][] prompts = GoldenSearches.Prompts(batch);
        Check(model, single, Expected(greedy.GetProperty("single"), single[0].Length, options), options);
        Check(model, prompts, Expected(batch, batch.GetProperty("input_ids")[0].GetArrayLength(), options), options);
        Check(model, prompts, Expected(ending, batch.GetProperty("input_ids")[0].GetArrayLength(), withEnd), withEnd);
        (made as IDisposable)?.Dispose();
    }

    private static void Check(CausalLmModel model, int[][] prompts, int[][] expected, GenerationOptions options)
    {
        Assert.Equal(expected, TextSearch.Run(model, prompts, options).Select(found => found[0].Tokens));
        var generator = new Generator(model, new IdTokenizer(model.VocabSize));
        foreach (int streams in new[] { 1, prompts.Length })
        {
            Assert.Equal(expected, generator.Generate(prompts, options, streams).Select(result => result.TokenIds.ToArray()));
        }
    }

    /// <summary>What follows the prompts, up to the first end; behind it the reference fills.</summary>
    private static int[][] Expected(JsonElement run, int columns, GenerationOptions options) =>
    [
        .. run.GetProperty("sequences").EnumerateArray().Select(row => GoldenSearches.UpToEnd(row.Ints()[columns..], options)),
    ];
}
