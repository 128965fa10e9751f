using Attune.Formats;
using Attune.Kernels;
using Attune.Kernels.Cpu;
using Attune.Nn;
using Attune.Tensors;
using Attune.Testing;

namespace Attune.Models.Tests;

/// <summary>A real model whose weights stay in the few bits of their file, beside the same weights in single precision, on every tier.</summary>
[Trait("Category", "Golden")]
public sealed class GgufBlocksTests
{
    /// <summary>More rows than are multiplied from codes.</summary>
    private const int ManyTokens = 40;

    /// <summary>Of the largest logit: sums over 30 layers, made in another order.</summary>
    private const double Tolerance = 1e-5;

    [Theory]
    [InlineData(CpuTier.Portable)]
    [InlineData(CpuTier.Avx2)]
    [InlineData(CpuTier.Avx512)]
    [InlineData(CpuTier.Avx512Bf16)]
    public void Logits_are_those_of_wide_weights(CpuTier tier)
    {
        Assert.SkipUnless(tier.IsAvailable, $"this machine cannot run the instruction tier {tier.Name}");
        using ModelFile file = ModelFile.Open(Goldens.RequireModel("SmolLM2-135M-Instruct-GGUF"));
        using var backend = new CpuBackend(new CpuBackendOptions { Tier = tier });
        (float[] few, float[] many, long bytes) = Logits(backend, file, training: false);
        (float[] expectedFew, float[] expectedMany, long expectedBytes) = Logits(backend, file, training: true);
        Assert.True(bytes < expectedBytes / 5);
        GoldenArrays.Close(expectedFew, few, Tolerance * GoldenArrays.LargestAbsolute(expectedFew), "logits");

        // Weights are widened to the same numbers and multiplied in the same way.
        Assert.Equal(expectedMany, many);
    }

    /// <summary>The logits of a few tokens and of many, and the bytes of the layers' weights; in training weights are held in the precision of products.</summary>
    private static (float[] Few, float[] Many, long Bytes) Logits(CpuBackend backend, ModelFile file, bool training)
    {
        using var device = new Device(backend);
        CausalLmModel model = CausalLmLoader.Load(device, file.Config, file.Tensors, new WeightOptions { Training = training });
        using StepScope scope = device.Scope();
        return (Logits(device, model, 3), Logits(device, model, ManyTokens), model.Modules().OfType<Linear>().Sum(layer => layer.Weight.Bytes));
    }

    private static float[] Logits(Device device, CausalLmModel model, int tokens)
    {
        using var pause = device.Tape.Pause();
        int[] ids = [.. Enumerable.Range(0, tokens).Select(i => 1000 + (i * 37))];
        return model.Logits(new ForwardPass(TokenBatch.Create(device, ids, [.. Enumerable.Range(0, tokens)], [0, tokens]))).ToArray();
    }
}
