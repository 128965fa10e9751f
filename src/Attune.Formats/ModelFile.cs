using System.Diagnostics.CodeAnalysis;

namespace Attune.Formats;

/// <summary>A model on disk, whatever its form: configuration, weights under Hugging Face's names, tokenizer, chat template and generation values.</summary>
public sealed class ModelFile : IDisposable
{
    private const string TokenizerConfigFileName = "tokenizer_config.json";
    private const string AdapterAlone = "an adapter alone; give the base model, and the adapter as the adapter";

    // The first that is there is read.
    private static readonly (string Name, Func<string, ITensorSource> Open)[] Weights =
    [
        (HuggingFaceFolder.WeightsFileName, SafetensorsFile.Open),
        (ShardedFolder.IndexFileName, ShardedFolder.Open),
        (HuggingFaceFolder.PickledWeightsFileName, PytorchFile.Open),
        (ShardedFolder.PickledIndexFileName, ShardedFolder.Open),
    ];

    private ModelFile(string path, ModelConfig config, ITensorSource tensors)
    {
        Path = path;
        Config = config;
        Tensors = tensors;
        Generation = new GenerationConfig(config);
    }

    /// <summary>The folder or file that was opened.</summary>
    public string Path { get; }

    /// <summary>The configuration; for GGUF files what their metadata amounts to.</summary>
    public ModelConfig Config { get; }

    /// <summary>The weights under Hugging Face's names, with rows in Hugging Face's order.</summary>
    public ITensorSource Tensors { get; }

    /// <summary>Where the tokenizer comes from, or null when there is none.</summary>
    public TokenizerSource? Tokenizer { get; private init; }

    /// <summary>The Jinja chat template that is used unless another one is asked for, or null when there is none.</summary>
    public string? ChatTemplate => ChatTemplates.GetValueOrDefault(ChatTemplateFiles.DefaultName)?.Text;

    /// <summary>All Jinja chat templates by name: <see cref="ChatTemplateFiles.DefaultName"/>, <see cref="ChatTemplateFiles.ToolsName"/> and others; empty when there is none.</summary>
    public IReadOnlyDictionary<string, StoredChatTemplate> ChatTemplates { get; private init; } = new Dictionary<string, StoredChatTemplate>();

    /// <summary>How a GGUF file says that a text's states become one vector, in the words of sentence-transformers: <c>mean</c>, <c>cls</c> or <c>lasttoken</c>; null where it says nothing, and for folders, which have files for it.</summary>
    public string? Pooling { get; private init; }

    /// <summary>How the model wants to be sampled; from the configuration when there is no file for it.</summary>
    public GenerationConfig Generation { get; private init; }

    /// <summary>Opens a Hugging Face folder, a GGUF file, or a folder that holds one GGUF file.</summary>
    /// <exception cref="ModelFileException">There is no model, or a file of it is damaged or of an unknown kind.</exception>
    public static ModelFile Open(string path)
    {
        if (File.Exists(path))
        {
            return path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)
                ? throw new ModelFileException($"file: {path}: expected a Hugging Face folder or a GGUF file, found weights alone; give the folder with their {HuggingFaceFolder.ConfigFileName}")
                : OpenGguf(path, path);
        }

        if (!Directory.Exists(path))
        {
            throw new ModelFileException($"file: {path}: expected a Hugging Face folder or a GGUF file, found nothing");
        }

        if (File.Exists(System.IO.Path.Combine(path, HuggingFaceFolder.ConfigFileName)))
        {
            return OpenFolder(path, OpenWeights);
        }

        string[] ggufs = Directory.GetFiles(path, "*.gguf");
        return ggufs.Length == 1 ? OpenGguf(path, ggufs[0]) : throw NoModel(path, ggufs.Length);
    }

    /// <summary>Opens the configuration, tokenizer and chat template of a Hugging Face folder; there need be no weights, and <see cref="Tensors"/> has none.</summary>
    /// <exception cref="ModelFileException">There is no configuration, or a file is damaged.</exception>
    public static ModelFile OpenWithoutWeights(string folder) => OpenFolder(folder, static path => new NoTensors(path));

    /// <summary>Writes a model as a GGUF file (architectures in <see cref="KnownGgufArchitectures"/>); vectors are kept in F32.</summary>
    /// <param name="path">The file; an older one is replaced.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="tensors">The weights under Hugging Face's names.</param>
    /// <param name="type">Type of matrices, one of <see cref="KnownGgufTypes.Writable"/>.</param>
    /// <param name="text">Tokenizer, chat templates and pooling; null for none of them.</param>
    /// <exception cref="ArgumentException">The type cannot be written.</exception>
    /// <exception cref="ModelFileException">The model has a part that GGUF cannot hold, or cannot be read.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void WriteGguf(string path, ModelConfig config, ITensorSource tensors, GgufType type, GgufTextSide? text = null) =>
        GgufModel.Write(path, config, tensors, type, text ?? new GgufTextSide());

    /// <summary>Closes the weights.</summary>
    public void Dispose() => Tensors.Dispose();

    private static ModelFile OpenGguf(string path, string file)
    {
        GgufFile gguf = GgufFile.Open(file);
        try
        {
            ModelConfig config = GgufModel.ReadConfig(gguf);
            return new ModelFile(path, config, GgufModel.ReadTensors(gguf, config))
            {
                Tokenizer = gguf.ReadTokenizer(),
                ChatTemplates = GgufChatTemplates.Read(gguf.Metadata),
                Pooling = GgufModel.ReadPooling(gguf),
            };
        }
        catch
        {
            gguf.Dispose();
            throw;
        }
    }

    private static ModelFile OpenFolder(string folder, Func<string, ITensorSource> openWeights)
    {
        ModelConfig config = ModelConfig.Load(System.IO.Path.Combine(folder, HuggingFaceFolder.ConfigFileName));
        ModelConfig? tokenizerConfig = LoadIfPresent(folder, TokenizerConfigFileName);
        ModelConfig? generation = LoadIfPresent(folder, HuggingFaceFolder.GenerationFileName);
        TokenizerSource? tokenizer = ReadTokenizer(folder, tokenizerConfig);
        IReadOnlyDictionary<string, StoredChatTemplate> templates = ChatTemplateFiles.Read(folder, tokenizerConfig);
        ITensorSource weights = openWeights(folder);
        try
        {
            return new ModelFile(folder, config, weights)
            {
                Tokenizer = tokenizer,
                ChatTemplates = templates,
                Generation = new GenerationConfig(generation ?? config),
            };
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    private static ITensorSource OpenWeights(string folder)
    {
        foreach ((string name, Func<string, ITensorSource> open) in Weights)
        {
            string path = System.IO.Path.Combine(folder, name);
            if (File.Exists(path))
            {
                return open(path);
            }
        }

        throw new ModelFileException($"file: {folder}: expected one of {string.Join(", ", Weights.Select(w => w.Name))}, found {(HasAdapter(folder) ? AdapterAlone : "none")}");
    }

    private static HuggingFaceTokenizerSource? ReadTokenizer(string folder, ModelConfig? config)
    {
        string[] files = [.. HuggingFaceTokenizerSource.FilesIn(folder).Select(name => System.IO.Path.Combine(folder, name))];
        foreach (string file in files)
        {
            // What is only the pointer to a file is refused here, before it is read for a vocabulary.
            ReadableFile.Open(file).Dispose();
        }

        return files.Length == 0 ? null : new HuggingFaceTokenizerSource(folder)
        {
            BosToken = Token(config, "bos_token"),
            EosToken = Token(config, "eos_token"),
            PadToken = Token(config, "pad_token"),
            UnknownToken = Token(config, "unk_token"),
            SeparatorToken = Token(config, "sep_token"),
            MaskToken = Token(config, "mask_token"),
            AddBosToken = config?.Has("add_bos_token") == true ? config.GetBoolean("add_bos_token", false) : null,
            AddEosToken = config?.Has("add_eos_token") == true ? config.GetBoolean("add_eos_token", false) : null,
        };
    }

    // A special token is a text, or an object that holds it as "content".
    private static string? Token(ModelConfig? config, string key)
    {
        if (config is null || !config.Has(key))
        {
            return null;
        }

        return config.IsObject(key) ? config.FindSection(key)!.GetString("content") : config.GetString(key);
    }

    private static ModelConfig? LoadIfPresent(string folder, string name)
    {
        string path = System.IO.Path.Combine(folder, name);
        return File.Exists(path) ? ModelConfig.Load(path) : null;
    }

    private static bool HasAdapter(string folder) => File.Exists(System.IO.Path.Combine(folder, "adapter_config.json"));

    private static ModelFileException NoModel(string path, int ggufs)
    {
        string found = ggufs > 1 ? $"{ggufs} GGUF files; name one of them"
            : HasAdapter(path) ? AdapterAlone
            : "neither";
        return new ModelFileException($"file: {path}: expected {HuggingFaceFolder.ConfigFileName} or one GGUF file in the folder, found {found}");
    }

    /// <summary>The tensors of a folder whose weights are not read.</summary>
    private sealed class NoTensors(string location) : ITensorSource
    {
        public string Location => location;

        public IReadOnlyCollection<string> Names => [];

        public bool TryGetInfo(string name, [NotNullWhen(true)] out TensorInfo? info)
        {
            info = null;
            return false;
        }

        public void Read(string name, long byteOffset, Span<byte> destination) => throw TensorSources.Missing(this, name);

        public void Dispose()
        {
            // Nothing is open.
        }
    }
}
