namespace Attune.Formats;

/// <summary>What a GGUF file holds beside the configuration and the weights of a model: its side of text.</summary>
public sealed record GgufTextSide
{
    /// <summary>The tokenizer; null (the default) for none.</summary>
    public GgufTokenizerSource? Tokenizer { get; init; }

    /// <summary>The chat templates by name, written with the tokenizer; default: none. In names of the file all but letters, digits and _ becomes _.</summary>
    public IReadOnlyDictionary<string, StoredChatTemplate> ChatTemplates { get; init; } = new Dictionary<string, StoredChatTemplate>();

    /// <summary>How a text's states become one vector, in the words of sentence-transformers: <c>mean</c>, <c>cls</c> or <c>lasttoken</c>; null (the default) where the model does not say.</summary>
    public string? Pooling { get; init; }
}
