using Attune.Formats;
using Attune.Tensors;

namespace Attune.Cli.Models;

/// <summary>Writes whole models with tokenizer and chat template: a Hugging Face folder, or a GGUF file where the name ends in .gguf.</summary>
internal static class ModelWriter
{
    /// <summary>Whether a place is to become a GGUF file.</summary>
    public static bool IsGguf(string path) => path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);

    /// <summary>Writes a model, complete or not at all, and compares it with its source.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="origin">The model whose configuration, tokenizer and template it takes.</param>
    /// <param name="tensors">The weights.</param>
    /// <param name="dtype">Name of the type; null for the origin's.</param>
    /// <returns>The type, and what the comparison gave.</returns>
    public static (string Type, WrittenModelReport Report) Write(string path, ModelFile origin, ITensorSource tensors, string? dtype)
    {
        (string name, DType? type, GgufType gguf) = ModelTypes.Choose(dtype, origin, IsGguf(path));
        if (!IsGguf(path))
        {
            using AtomicFolder folder = AtomicFolder.Create(path);
            WriteFolder(folder.TemporaryPath, origin, tensors, type!.Value);
            WrittenModelReport report = WrittenModel.Verify(folder.TemporaryPath, origin, ConfigFor(origin.Config, tensors), tensors, name);
            folder.Commit();
            return (name, report);
        }

        ModelConfig config = ConfigFor(origin.Config, tensors);
        GgufTokenizerSource? tokenizer = origin.Tokenizer is HuggingFaceTokenizerSource source ? GgufTokenizerWriter.From(source, config) : origin.Tokenizer as GgufTokenizerSource;
        string parent = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(parent);
        string temporary = Path.Combine(parent, $".{Path.GetFileName(path)}.tmp.gguf");
        try
        {
            ModelFile.WriteGguf(temporary, config, tensors, gguf, tokenizer, origin.ChatTemplate);
            WrittenModelReport report = WrittenModel.Verify(temporary, origin, config, tensors, name);
            File.Move(temporary, path, overwrite: true);
            return (name, report);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Writes the files of a Hugging Face folder into a folder, each complete or not at all.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="origin">The model whose tokenizer and template it takes.</param>
    /// <param name="tensors">The weights.</param>
    /// <param name="dtype">Their type.</param>
    /// <param name="config">The configuration; null for the origin's.</param>
    public static void WriteFolder(string folder, ModelFile origin, ITensorSource tensors, DType dtype, ModelConfig? config = null)
    {
        HuggingFaceFolder.Write(folder, ConfigFor(config ?? origin.Config, tensors), tensors, dtype, OwnGeneration(origin), origin.ChatTemplate);
        TokenizerFiles.Write(origin, folder);
    }

    /// <summary>Writes everything of a model's folder but weights: configuration, tokenizer and template.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="origin">The model.</param>
    /// <param name="config">The configuration; null for the origin's.</param>
    public static void WriteConfig(string folder, ModelFile origin, ModelConfig? config)
    {
        HuggingFaceFolder.WriteConfig(folder, (config ?? origin.Config).With("torch_dtype", null).With("dtype", "float32"), OwnGeneration(origin), origin.ChatTemplate);
        TokenizerFiles.Write(origin, folder);
    }

    // generation_config.json of a folder goes along; for other models its values come from the configuration.
    private static ModelConfig? OwnGeneration(ModelFile origin) =>
        origin.Generation.Values.Location.EndsWith(HuggingFaceFolder.GenerationFileName, StringComparison.Ordinal) ? origin.Generation.Values : null;

    // An adapter or a full fine-tuning can give a tied output layer weights of its own.
    private static ModelConfig ConfigFor(ModelConfig config, ITensorSource tensors) =>
        config.GetBoolean("tie_word_embeddings", false) && tensors is ParameterSource && tensors.Contains("lm_head.weight")
            ? config.With("tie_word_embeddings", false)
            : config;
}
