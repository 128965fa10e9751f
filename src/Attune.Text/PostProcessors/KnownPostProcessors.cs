using Attune.Text.Json;

namespace Attune.Text.PostProcessors;

/// <summary>The post-processors that tokenizer.json can name.</summary>
internal static class KnownPostProcessors
{
    /// <summary>All of them.</summary>
    public static ComponentList<IPostProcessor> All { get; } = new("post-processor")
    {
        { "BertProcessing", BertPostProcessor.Read },
        { "ByteLevel", ByteLevelPostProcessor.Read },
        { "RobertaProcessing", RobertaPostProcessor.Read },
        { "Sequence", SequencePostProcessor.Read },
        { "TemplateProcessing", TemplatePostProcessor.Read },
    };
}
