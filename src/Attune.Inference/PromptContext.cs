namespace Attune.Inference;

/// <summary>What a text continues, as far as the choice of its tokens depends on it.</summary>
/// <param name="Tokens">Tokens that stand before the first one that is generated.</param>
/// <param name="MaxNewTokens">Most tokens to generate.</param>
/// <param name="SourceIds">What the encoder read; the prompt itself where there is no encoder.</param>
public sealed record PromptContext(int Tokens, int MaxNewTokens, IReadOnlyList<int> SourceIds);
