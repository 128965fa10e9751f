using System.IO.Compression;
using System.Text.Json;
using Attune.Evaluation.Tasks;
using Attune.Formats;
using Attune.Inference;
using Attune.Nn;
using Attune.Tensors;
using Attune.Testing;

namespace Attune.Evaluation.Tests;

/// <summary>SmolLM2-135M-Instruct on real text against the reference: logits, states, greedy texts, perplexity. Tolerances are those of its README.</summary>
[Trait("Category", "Golden")]
public sealed class RealModelGoldenTests(SmolLm2 smol) : IClassFixture<SmolLm2>
{
    private const double LogitTolerance = 2e-3;
    private const double NllTolerance = 1e-3;
    private const double PerplexityTolerance = 1e-3;

    [Fact]
    public void Logits_of_the_last_position()
    {
        foreach (JsonElement row in SmolLm2.Rows("smollm2", "logits.jsonl"))
        {
            int[] ids = row.GetProperty("ids").Ints();
            Assert.Equal(ids, smol.Tokenizer.Encode(row.GetProperty("text").GetString()!).Ids);
            float[] logits = LastLogits(ids, null);
            int[] best = row.GetProperty("top20_ids").Ints();
            float[] expected = [.. row.GetProperty("top20_logits").Doubles().Select(value => (float)value)];
            GoldenArrays.Close(expected, [.. best.Select(id => logits[id])], LogitTolerance, $"the 20 best logits after '{row.GetProperty("text").GetString()}'");
            Assert.Equal(best[0], Array.IndexOf(logits, logits.Max()));
            double logSumExp = logits.Max() + Math.Log(logits.Sum(value => Math.Exp(value - logits.Max())));
            Assert.Equal(row.GetProperty("logsumexp").GetDouble(), logSumExp, LogitTolerance);
            Assert.Equal(row.GetProperty("mean").GetDouble(), logits.Average(value => (double)value), LogitTolerance);
        }
    }

    [Fact]
    public void States_after_every_block()
    {
        using SafetensorsFile expected = SafetensorsFile.Open(Goldens.Require("real", "smollm2", "logits.safetensors"));
        int[] ids = SmolLm2.Rows("smollm2", "logits.jsonl").First().GetProperty("ids").Ints();
        float[] states = expected.ReadFloat32("prompt0.last_hidden_states");
        int width = (int)expected.Info("prompt0.last_hidden_states").Shape[1];
        int last = (states.Length / width) - 1;
        float[] logits = LastLogits(ids, (block, hidden) =>
        {
            // The reference's last row is after the final norm; the block's own output before it is not among its rows.
            int row = block < 0 ? last : block;
            if (block < last)
            {
                float[] values = hidden.ToArray()[^width..];
                GoldenArrays.Close(states.AsSpan(row * width, width), values, LogitTolerance * Math.Max(1, GoldenArrays.LargestAbsolute(values) / 10), $"state {row}");
            }
        });
        GoldenArrays.Close(expected.ReadFloat32("prompt0.last_logits"), logits, LogitTolerance, "prompt0.last_logits");
    }

    [Fact]
    public void Greedy_texts()
    {
        var generator = new Generator(smol.Model, smol.Tokenizer);
        foreach (JsonElement row in SmolLm2.Rows("smollm2", "greedy.jsonl"))
        {
            int[] expected = row.GetProperty("new_ids").Ints();
            GenerationResult result = generator.Generate(row.GetProperty("ids").Ints(), new GenerationOptions { MaxNewTokens = 48, EosTokenIds = [2] });
            Assert.Equal(expected, result.TokenIds);
            Assert.Equal(expected[^1] == 2 ? "stop" : "length", result.FinishReason);
        }
    }

    [Fact]
    public void Losses_of_one_window()
    {
        using SafetensorsFile expected = SafetensorsFile.Open(Goldens.Require("real", "smollm2", "nll_window0.safetensors"));
        int[] ids = expected.ReadInts("ids");
        Device device = smol.Model.Device;
        using StepScope scope = device.Scope();
        using var pause = device.Tape.Pause();
        Tensor hidden = smol.Model.Hidden(new ForwardPass(TokenBatch.Create(device, ids, [.. Enumerable.Range(0, ids.Length)], [0, ids.Length])));
        Tensor losses = smol.Model.Head.Forward(hidden.Narrow(0, 0, ids.Length - 1)).Cast(DType.F32).CrossEntropy(device.From(ids.AsSpan(1), [ids.Length - 1]));
        GoldenArrays.Close(expected.ReadFloat32("nll"), losses.ToArray(), NllTolerance, "losses of the first window");
    }

    [Fact]
    public void Perplexity_by_windows_of_512() => Perplexity(stride: 512);

    [Fact]
    [Trait("Category", "Slow")]
    public void Perplexity_by_windows_that_overlap() => Perplexity(stride: 256);

    private void Perplexity(int stride)
    {
        using JsonDocument document = GoldenArrays.Json(Goldens.Require("real", "smollm2", "perplexity.json"));
        JsonElement expected = document.RootElement.GetProperty("results").EnumerateArray().Single(row => row.GetProperty("stride").GetInt32() == stride);
        int[] ids = smol.Tokenizer.Encode(ReadText(document.RootElement.GetProperty("bytes").GetInt32())).Ids;
        Assert.Equal(expected.GetProperty("tokens").GetInt32(), ids.Length);
        LossResult result = PerplexityTask.Run(smol.Model, ids, window: 512, stride);
        Assert.Equal(expected.GetProperty("scored_tokens").GetInt64(), result.Tokens);
        double perplexity = expected.GetProperty("perplexity").GetDouble();
        Assert.Equal(perplexity, result.Perplexity, PerplexityTolerance * perplexity);
    }

    private static string ReadText(int bytes)
    {
        using var file = new GZipStream(File.OpenRead(Goldens.RequireData("wikitext2", "test.txt.gz")), CompressionMode.Decompress);
        byte[] text = new byte[bytes];
        file.ReadExactly(text);
        return System.Text.Encoding.UTF8.GetString(text);
    }

    private float[] LastLogits(int[] ids, Action<int, Tensor>? observer)
    {
        Device device = smol.Model.Device;
        using StepScope scope = device.Scope();
        using var pause = device.Tape.Pause();
        var pass = new ForwardPass(TokenBatch.Create(device, ids, [.. Enumerable.Range(0, ids.Length)], [0, ids.Length])) { Observer = observer };
        return smol.Model.Head.Forward(smol.Model.Hidden(pass).Narrow(0, ids.Length - 1, 1)).Cast(DType.F32).ToArray();
    }
}
