using System.Text.Json;
using Attune.Formats;
using Attune.Inference.Samplers;
using Attune.Testing;

namespace Attune.Inference.Tests.Samplers;

/// <summary>Logits processors against the reference's, one case at a time.</summary>
[Trait("Category", "Golden")]
public sealed class SamplerGoldenTests
{
    private const double Tolerance = 1e-5;

    private static readonly Dictionary<string, Func<JsonElement, ILogitsProcessor>> Known = new()
    {
        ["RepetitionPenaltyLogitsProcessor"] = static settings => new RepetitionPenalty(settings.GetProperty("repetition_penalty").GetDouble()),
        ["TemperatureLogitsWarper"] = static settings => new Temperature(settings.GetProperty("temperature").GetDouble()),
        ["TopKLogitsWarper"] = static settings => new TopK(settings.GetProperty("top_k").GetInt32()),
        ["TopPLogitsWarper"] = static settings => new TopP(settings.GetProperty("top_p").GetDouble()),
        ["MinPLogitsWarper"] = static settings => new MinP(settings.GetProperty("min_p").GetDouble()),
    };

    public static TheoryData<string> Cases
    {
        get
        {
            var rows = new TheoryData<string>();
            string path = Path.Combine(Goldens.Root, "families", "sampling", "cases.json");
            if (!File.Exists(path))
            {
                rows.Add(Goldens.None);
                return rows;
            }

            using JsonDocument document = GoldenArrays.Json(path);
            foreach (JsonElement entry in document.RootElement.GetProperty("cases").EnumerateArray())
            {
                rows.Add(entry.GetProperty("name").GetString()!);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Scores_equal_the_reference(string name)
    {
        string folder = Goldens.Require("families", "sampling");
        Assert.SkipWhen(name == Goldens.None, "needs families/sampling of the reference values");
        using JsonDocument document = GoldenArrays.Json(Path.Combine(folder, "cases.json"));
        JsonElement entry = document.RootElement.GetProperty("cases").EnumerateArray().Single(row => row.GetProperty("name").GetString() == name);
        JsonElement settings = entry.GetProperty("settings");
        Assert.SkipUnless(entry.TryGetProperty("processors_in_order", out JsonElement order), "a penalty of the OpenAI interface, which is not built yet");
        Assert.SkipWhen(settings.TryGetProperty("num_beams", out _), "beam search is not built yet");
        string[] names = [.. order.EnumerateArray().Select(processor => processor.GetString()!)];
        Assert.SkipWhen(names.Any(processor => !Known.ContainsKey(processor)), $"not built yet: {string.Join(", ", names.Where(processor => !Known.ContainsKey(processor)))}");
        ILogitsProcessor[] processors = [.. names.Select(processor => Known[processor](settings))];
        using SafetensorsFile io = SafetensorsFile.Open(Path.Combine(folder, "io.safetensors"));
        float[] logits = io.ReadFloat32("inf.logits");
        int[] ids = io.ReadInts("input_ids");
        float[] expected = io.ReadFloat32($"inf.{name}.scores");
        int rows = (int)io.Info("inf.logits").Shape[0];
        int classes = logits.Length / rows;
        int length = ids.Length / rows;
        for (int row = 0; row < rows; row++)
        {
            Span<float> scores = logits.AsSpan(row * classes, classes);
            foreach (ILogitsProcessor processor in processors)
            {
                processor.Apply(scores, ids.AsSpan(row * length, length));
            }

            for (int i = 0; i < classes; i++)
            {
                float want = expected[(row * classes) + i];
                Assert.True(
                    float.IsNegativeInfinity(want) ? float.IsNegativeInfinity(scores[i]) : Math.Abs(want - scores[i]) <= Tolerance,
                    $"row {row}, token {i}: expected {want}, found {scores[i]}");
            }
        }
    }
}
