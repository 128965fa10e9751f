namespace Attune.Formats;

/// <summary>All architectures of GGUF files that map to Hugging Face models.</summary>
public static class KnownGgufArchitectures
{
    /// <summary>Every architecture; of those with one name a file is the first's that it fits.</summary>
    public static IReadOnlyList<GgufArchitecture> All { get; } =
    [
        new DistilBertGguf(),
        new RobertaGguf(),
        new XlmRobertaGguf(),
        new BertGguf(),
        new BloomGguf(),
        new CohereGguf(),
        new Cohere2Gguf(),
        new DeepSeek2Gguf(),
        new FalconGguf(),
        new GemmaGguf(),
        new Gemma2Gguf(),
        new Gemma3Gguf(),
        new Gpt2Gguf(),
        new GptBigCodeGguf(),
        new GptNeoXGguf(),
        new GptOssGguf(),
        new GraniteGguf(),
        new LlamaGguf(),
        new Mamba2Gguf(),
        new ModernBertGguf(),
        new MptGguf(),
        new OlmoGguf(),
        new Olmo2Gguf(),
        new PhiGguf(),
        new Phi3Gguf(),
        new Qwen2Gguf(),
        new Qwen2MoeGguf(),
        new Qwen3Gguf(),
        new Qwen3MoeGguf(),
        new SmolLM3Gguf(),
        new StableLmGguf(),
        new StarCoder2Gguf(),
        new T5Gguf(),
    ];

    /// <summary>The values of <c>general.architecture</c>.</summary>
    public static IEnumerable<string> Names => All.Select(a => a.Name).Distinct();

    /// <summary>Finds the architecture of a file, or null.</summary>
    public static GgufArchitecture? For(GgufFile file)
    {
        string? name = file.Metadata.GetString("general.architecture");
        return All.FirstOrDefault(a => a.Name == name && a.Holds(file));
    }

    /// <summary>Finds the architecture that covers a Hugging Face <c>model_type</c>, or null.</summary>
    public static GgufArchitecture? ByModelType(string modelType) => All.FirstOrDefault(a => a.ModelTypes.Contains(modelType));
}
