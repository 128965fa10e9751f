namespace Attune.Formats;

/// <summary>Qwen 2 and 2.5: biases on q, k and v, rows in Hugging Face's order.</summary>
internal sealed class Qwen2Gguf() : GgufArchitecture("qwen2", ["qwen2"], "Qwen2ForCausalLM");
