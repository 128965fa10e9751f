using Attune.Inference.Samplers;

namespace Attune.Inference.Tests;

/// <summary>Choice of tokens: limits of settings, repeatable draws, shares of draws.</summary>
public sealed class TokenSamplerTests
{
    [Fact]
    public void The_same_seed_draws_the_same_tokens_and_another_seed_others()
    {
        int[] first = Draws(seed: 1);
        Assert.Equal(first, Draws(seed: 1));
        Assert.NotEqual(first, Draws(seed: 2));
    }

    [Fact]
    public void Draws_follow_the_probabilities()
    {
        var sampler = new TokenSampler(new GenerationOptions { Temperature = 1, TopK = 0 });
        int[] counts = new int[3];
        for (int i = 0; i < 20000; i++)
        {
            counts[sampler.Next([MathF.Log(0.2f), MathF.Log(0.5f), MathF.Log(0.3f)], [])]++;
        }

        Assert.Equal(0.2, counts[0] / 20000.0, 0.02);
        Assert.Equal(0.5, counts[1] / 20000.0, 0.02);
    }

    [Fact]
    public void Temperature_zero_takes_the_best_token() =>
        Assert.Equal(2, new TokenSampler(new GenerationOptions()).Next([1, 2, 5, 3], []));

    [Theory]
    [InlineData(0, 1.0, 0.0, 1.0, "max_new_tokens")]
    [InlineData(1, 0.0, 0.0, 1.0, "top_p")]
    [InlineData(1, 1.0, 1.5, 1.0, "min_p")]
    [InlineData(1, 1.0, 0.0, 0.0, "repetition_penalty")]
    public void Settings_out_of_range_are_named(int maxNewTokens, double topP, double minP, double penalty, string name)
    {
        var options = new GenerationOptions { MaxNewTokens = maxNewTokens, TopP = topP, MinP = minP, RepetitionPenalty = penalty };
        Assert.Contains(name, Assert.Throws<GenerationException>(() => new TokenSampler(options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Filters_keep_at_least_one_token()
    {
        float[] logits = [0, 0, 9, 0];
        new TopP(1e-9).Apply(logits, []);
        new MinP(1).Apply(logits, []);
        new TopK(1).Apply(logits, []);
        Assert.Equal(1, logits.Count(float.IsFinite));
        Assert.Equal(9, logits[2]);
    }

    private static int[] Draws(int seed)
    {
        var sampler = new TokenSampler(new GenerationOptions { Temperature = 1, Seed = seed });
        return [.. Enumerable.Range(0, 40).Select(_ => sampler.Next(new float[20], []))];
    }
}
