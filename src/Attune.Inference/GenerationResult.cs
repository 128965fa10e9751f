namespace Attune.Inference;

/// <summary>What was generated.</summary>
/// <param name="Text">The text, without special tokens and stop texts.</param>
/// <param name="TokenIds">The generated ids, the one that ended the text included.</param>
/// <param name="FinishReason"><c>stop</c> for an end token or a stop text, <c>length</c> for the limit, <c>cancelled</c>.</param>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="PrefillSeconds">Time until the first token was chosen.</param>
/// <param name="DecodeSeconds">Time for the other tokens.</param>
public sealed record GenerationResult(string Text, IReadOnlyList<int> TokenIds, string FinishReason, int PromptTokens, double PrefillSeconds, double DecodeSeconds);
