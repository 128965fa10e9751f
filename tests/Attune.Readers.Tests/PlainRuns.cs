using System.Numerics.Tensors;
using System.Text.Json.Nodes;
using Attune.Models;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Readers.Tests;

/// <summary>What a model says, computed the plain way, to compare with what other readers say.</summary>
internal static class PlainRuns
{
    public static int[] Greedy(CausalLmModel model, int[] prompt, int count)
    {
        List<int> ids = [.. prompt];
        while (ids.Count < prompt.Length + count)
        {
            float[] logits = Logits(model, [.. ids]);
            ReadOnlySpan<float> last = logits.AsSpan(logits.Length - model.VocabSize);
            ids.Add(TensorPrimitives.IndexOfMax(last));
        }

        return [.. ids.Skip(prompt.Length)];
    }

    public static double Perplexity(CausalLmModel model, int[] ids)
    {
        float[] logits = Logits(model, ids);
        double sum = 0;
        for (int i = 0; i + 1 < ids.Length; i++)
        {
            ReadOnlySpan<float> row = logits.AsSpan(i * model.VocabSize, model.VocabSize);
            float largest = TensorPrimitives.Max(row);
            double total = 0;
            foreach (float logit in row)
            {
                total += Math.Exp(logit - largest);
            }

            sum += Math.Log(total) + largest - row[ids[i + 1]];
        }

        return Math.Exp(sum / (ids.Length - 1));
    }

    public static float[] Logits(CausalLmModel model, int[] ids)
    {
        using StepScope scope = model.Device.Scope();
        using var pause = model.Device.Tape.Pause();
        return model.Logits(new ForwardPass(TokenBatch.Create(model.Device, ids, [.. Enumerable.Range(0, ids.Length)], [0, ids.Length]))).ToArray();
    }

    public static JsonArray Array(int[] ids) => [.. ids.Select(id => (JsonNode)id)];

    public static int[] Ints(JsonNode ids) => [.. ids.AsArray().Select(id => (int)id!)];
}
