using Attune.Nn;
using Attune.Tensors;
using Attune.Testing;

namespace Attune.Models.Tests;

/// <summary>The states of a text are the same read at once and token by token with a cache, for families whose reference values have no generation, too.</summary>
[Trait("Category", "Golden")]
public sealed class CacheTests
{
    public static TheoryData<string> Names => Goldens.Folders("families/causal");

    [Theory]
    [MemberData(nameof(Names))]
    public void Token_by_token_equals_all_at_once(string name)
    {
        Assert.SkipWhen(name is "llama_dynamic" or "phi3_longrope", "positions that depend on the length of the text");
        using GoldenModel golden = GoldenModel.Open(name, "cpu");
        PaddedBatch batch = PaddedBatch.Read(golden.Io, "right.");
        int[] first = batch.Ids[..batch.Starts[1]];
        int[] second = batch.Ids[batch.Starts[1]..batch.Starts[2]];
        using StepScope scope = golden.Device.Scope();
        using var pause = golden.Device.Tape.Pause();
        float[] expected = golden.Model.Logits(new ForwardPass(batch.ToDevice(golden.Device))).ToArray();
        int width = golden.Model.VocabSize;
        using KvCache cache = golden.Model.CreateCache(2, first.Length);
        Check(golden, cache, [.. first[..^3], .. second[..2]], [first.Length - 3, 2], expected.AsSpan((first.Length + 1) * width, width));
        for (int i = 2; i < second.Length; i++)
        {
            Check(golden, cache, [second[i]], [0, 1], expected.AsSpan((first.Length + i) * width, width));
        }

        Check(golden, cache, [.. first[^3..]], [3, 0], expected.AsSpan((first.Length - 1) * width, width));
    }

    /// <summary>Reads the next tokens and compares the logits behind the last one.</summary>
    private static void Check(GoldenModel golden, KvCache cache, int[] ids, int[] counts, ReadOnlySpan<float> expected)
    {
        float[] logits = golden.Model.Logits(new ForwardPass(cache.Append(ids, counts)) { Cache = cache }).ToArray();
        cache.Commit();
        GoldenArrays.Close(expected, logits.AsSpan(logits.Length - expected.Length), 1e-4, $"logits behind {ids.Length} more tokens");
    }
}
