namespace Attune.Formats;

/// <summary>All architectures of GGUF files that map to Hugging Face models.</summary>
public static class KnownGgufArchitectures
{
    /// <summary>Every architecture.</summary>
    public static IReadOnlyList<GgufArchitecture> All { get; } = [new LlamaGguf(), new Qwen2Gguf(), new Qwen3Gguf()];

    /// <summary>Finds the architecture with a value of <c>general.architecture</c>, or null.</summary>
    public static GgufArchitecture? ByName(string name) => All.FirstOrDefault(a => a.Name == name);

    /// <summary>Finds the architecture that covers a Hugging Face <c>model_type</c>, or null.</summary>
    public static GgufArchitecture? ByModelType(string modelType) => All.FirstOrDefault(a => a.ModelTypes.Contains(modelType));
}
