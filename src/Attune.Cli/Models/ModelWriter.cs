using Attune.Formats;
using Attune.Models;
using Attune.Models.Heads;
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
    /// <param name="config">The configuration; null for the origin's.</param>
    /// <param name="cancellation">Ends it; then nothing is kept.</param>
    /// <returns>The type, and what the comparison gave.</returns>
    /// <exception cref="UsageException">The type does not exist there, or the file cannot hold such a model.</exception>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public static (string Type, WrittenModelReport Report) Write(string path, ModelFile origin, ITensorSource tensors, string? dtype, ModelConfig? config = null, CancellationToken cancellation = default)
    {
        (string name, DType? type, GgufType gguf) = ModelTypes.Choose(dtype, origin, IsGguf(path));
        config = ConfigFor(config ?? origin.Config, tensors);
        tensors = new StoppableTensors(tensors, cancellation);
        if (!IsGguf(path))
        {
            using AtomicFolder folder = AtomicFolder.Create(path);
            WriteFolder(folder.TemporaryPath, origin, tensors, type!.Value, config);
            WrittenModelReport report = WrittenModel.Verify(folder.TemporaryPath, origin, config, tensors, name);
            folder.Commit();
            return (name, report);
        }

        if (AnyModelLoader.HasHead(config))
        {
            throw new UsageException($"output: a GGUF file holds a model that writes texts or an encoder without a head, found {string.Join(", ", config.Architectures)}; give a folder");
        }

        var text = new GgufTextSide
        {
            Tokenizer = origin.Tokenizer is HuggingFaceTokenizerSource source ? GgufTokenizerWriter.From(source, config) : origin.Tokenizer as GgufTokenizerSource,
            ChatTemplates = origin.ChatTemplates,
            Pooling = SentencePooling.Of(origin)?.Word,
        };
        string parent = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(parent);
        string temporary = Path.Combine(parent, $".{Path.GetFileName(path)}.tmp.gguf");
        try
        {
            ModelFile.WriteGguf(temporary, config, tensors, gguf, text);
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
        config = ConfigFor(config ?? origin.Config, tensors);
        HuggingFaceFolder.Write(folder, config, tensors, dtype, GenerationFor(origin, config), origin.ChatTemplate);
        ChatTemplateFiles.WriteNamed(folder, origin.ChatTemplates);
        TokenizerFiles.Write(origin, folder);
        if (KnownHeads.For(config) == KnownHeads.None)
        {
            WritePooling(origin, folder);
        }
    }

    /// <summary>Copies the files that say how a model makes vectors of texts, or writes them where its GGUF file says so.</summary>
    public static void WritePooling(ModelFile origin, string folder)
    {
        string[] files = Directory.Exists(origin.Path) ? [.. SentencePooling.Files(origin.Path)] : [];
        foreach (string name in files)
        {
            AtomicFile.Copy(Path.Combine(origin.Path, name), Path.Combine(folder, name));
        }

        if (files.Length == 0 && SentencePooling.Of(origin) is { } pooling)
        {
            pooling.Write(folder, origin.Config.GetPositive(origin.Config.Present("hidden_size", "dim", "n_embd", "n_embed", "d_model")));
        }
    }

    /// <summary>Writes everything of a model's folder but weights: configuration, tokenizer and template.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="origin">The model.</param>
    /// <param name="config">The configuration; null for the origin's.</param>
    public static void WriteConfig(string folder, ModelFile origin, ModelConfig? config)
    {
        config ??= origin.Config;
        HuggingFaceFolder.WriteConfig(folder, config.With("torch_dtype", null).With("dtype", "float32"), GenerationFor(origin, config), origin.ChatTemplate);
        ChatTemplateFiles.WriteNamed(folder, origin.ChatTemplates);
        TokenizerFiles.Write(origin, folder);
    }

    // generation_config.json of a folder goes along; for other models that write texts its values come from the configuration. What writes none has none.
    private static ModelConfig? GenerationFor(ModelFile origin, ModelConfig config) => !AnyModelLoader.WritesTexts(config) ? null
        : origin.Generation.Values.Location.EndsWith(HuggingFaceFolder.GenerationFileName, StringComparison.Ordinal) ? origin.Generation.Values
        : HuggingFaceFolder.GenerationOf(config);

    // An adapter or a full fine-tuning can give a tied output layer weights of its own.
    private static ModelConfig ConfigFor(ModelConfig config, ITensorSource tensors) =>
        config.GetBoolean("tie_word_embeddings", false) && tensors is ParameterSource && tensors.Contains("lm_head.weight")
            ? config.With("tie_word_embeddings", false)
            : config;
}
