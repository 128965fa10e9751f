namespace Attune.Formats;

/// <summary>How the tensors of one stack of layers are called.</summary>
/// <param name="Gguf">What stands before the number of a layer in GGUF.</param>
/// <param name="HuggingFace">What stands before it in Hugging Face's names.</param>
/// <param name="Rules">The tensors of a layer.</param>
internal sealed record LayerNames(string Gguf, string HuggingFace, IReadOnlyList<TensorRule> Rules);
