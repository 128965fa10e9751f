using System.Numerics.Tensors;
using System.Text;
using System.Text.Json;
using Attune.Formats;
using Attune.Inference.Samplers;
using Attune.Testing;

namespace Attune.Inference.Tests.Samplers;

/// <summary>Logits processors against the reference's: which of them settings ask for, their order, their scores. No case is left out.</summary>
[Trait("Category", "Golden")]
public sealed class SamplerGoldenTests
{
    private const double Tolerance = 1e-5;

    private const double ProbabilityTolerance = 1e-6;

    /// <summary>The reference's names of what the settings ask for.</summary>
    private static readonly Dictionary<string, Type> Known = new()
    {
        ["SequenceBiasLogitsProcessor"] = typeof(SequenceBias),
        ["EncoderRepetitionPenaltyLogitsProcessor"] = typeof(EncoderRepetitionPenalty),
        ["RepetitionPenaltyLogitsProcessor"] = typeof(RepetitionPenalty),
        ["NoRepeatNGramLogitsProcessor"] = typeof(NoRepeatNgram),
        ["EncoderNoRepeatNGramLogitsProcessor"] = typeof(EncoderNoRepeatNgram),
        ["NoBadWordsLogitsProcessor"] = typeof(BadWords),
        ["MinLengthLogitsProcessor"] = typeof(MinLength),
        ["MinNewTokensLengthLogitsProcessor"] = typeof(MinLength),
        ["ForcedBOSTokenLogitsProcessor"] = typeof(ForcedTokens),
        ["ForcedEOSTokenLogitsProcessor"] = typeof(ForcedTokens),
        ["ExponentialDecayLengthPenalty"] = typeof(ExponentialDecay),
        ["SuppressTokensLogitsProcessor"] = typeof(SuppressedTokens),
        ["SuppressTokensAtBeginLogitsProcessor"] = typeof(SuppressedTokens),
        ["TemperatureLogitsWarper"] = typeof(Temperature),
        ["TopHLogitsWarper"] = typeof(TopH),
        ["TopKLogitsWarper"] = typeof(TopK),
        ["TopPLogitsWarper"] = typeof(TopP),
        ["MinPLogitsWarper"] = typeof(MinP),
        ["TypicalLogitsWarper"] = typeof(TypicalP),
        ["EpsilonLogitsWarper"] = typeof(EpsilonCutoff),
        ["EtaLogitsWarper"] = typeof(EtaCutoff),
        ["LogitNormalization"] = typeof(LogSoftmax),
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
        JsonElement root = document.RootElement;
        JsonElement entry = root.GetProperty("cases").EnumerateArray().Single(row => row.GetProperty("name").GetString() == name);
        var settings = ModelConfig.Parse(Encoding.UTF8.GetBytes(entry.GetProperty("settings").GetRawText()), "cases.json");
        GenerationOptions options = GenerationOptions.From(settings) with { EosTokenIds = [root.GetProperty("eos_token_id").GetInt32()], MaxLength = root.GetProperty("max_length").GetInt32() };
        options.Validate();
        int prompt = root.GetProperty("prompt_length").GetInt32();
        using SafetensorsFile io = SafetensorsFile.Open(Path.Combine(folder, "io.safetensors"));
        float[] logits = io.ReadFloat32("inf.logits");
        int rows = (int)io.Info("inf.logits").Shape[0];
        int[][] ids = [.. io.ReadInts("input_ids").Chunk(io.ReadInts("input_ids").Length / rows)];
        int[][] sources = [.. io.ReadInts("encoder_input_ids").Chunk(io.ReadInts("encoder_input_ids").Length / rows)];
        int classes = logits.Length / rows;
        float[] probabilities = new float[logits.Length];
        for (int row = 0; row < rows; row++)
        {
            IReadOnlyList<ILogitsProcessor> processors = KnownLogitsProcessors.For(options, new PromptContext(prompt, options.NewTokensBehind(prompt), sources[row]));
            if (entry.TryGetProperty("processors_in_order", out JsonElement order))
            {
                Assert.Equal(order.EnumerateArray().Select(processor => Known[processor.GetString()!]), processors.Select(processor => processor.GetType()));
            }
            else
            {
                Assert.IsType<OccurrencePenalty>(Assert.Single(processors));
            }

            foreach (ILogitsProcessor processor in processors)
            {
                processor.Apply(logits.AsSpan(row * classes, classes), ids[row]);
            }

            TensorPrimitives.SoftMax(logits.AsSpan(row * classes, classes), probabilities.AsSpan(row * classes, classes));
        }

        Compare(io.ReadFloat32($"inf.{name}.scores"), logits, classes, Tolerance);
        Compare(io.ReadFloat32($"{name}.probs"), probabilities, classes, ProbabilityTolerance);
    }

    private static void Compare(float[] expected, float[] found, int classes, double tolerance)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(
                float.IsNegativeInfinity(expected[i]) ? float.IsNegativeInfinity(found[i]) : Math.Abs(expected[i] - found[i]) <= tolerance,
                $"row {i / classes}, token {i % classes}: expected {expected[i]}, found {found[i]}");
        }
    }
}
