using System.Text.Json.Nodes;
using Attune.Tensors;

namespace Attune.Formats;

/// <summary>A GGUF file seen as a Hugging Face model, and the other way round.</summary>
internal static class GgufModel
{
    /// <summary>Name of the output layer in GGUF.</summary>
    public const string Output = "output.weight";

    /// <summary>Name of the embedding in GGUF.</summary>
    public const string Embedding = "token_embd.weight";

    private static readonly Dictionary<string, uint> FileTypes = new() { ["F32"] = 0, ["F16"] = 1, ["Q4_0"] = 2, ["Q8_0"] = 7, ["Q5_0"] = 8, ["Q4_K"] = 14, ["Q6_K"] = 18, ["BF16"] = 32 };

    private const string PoolingKey = "pooling_type";

    // Of the others, 0 is none and 4 is what ranks pairs of texts.
    private static readonly (string Word, int Type)[] Poolings = [("mean", 1), ("cls", 2), ("lasttoken", 3)];

    // Matrices that ggml's kernels want in F32.
    private static readonly string[] PlainParts = ["_norm", "ffn_gate_inp", "position_embd", "token_types", "ssm_conv1d", "attn_rel_b"];

    /// <summary>The configuration that the metadata and the tensors of a file amount to.</summary>
    public static ModelConfig ReadConfig(GgufFile file)
    {
        GgufMetadata metadata = file.Metadata;
        GgufArchitecture architecture = Architecture(file);
        if (metadata.GetInt32("split.count") is > 1 and int parts)
        {
            throw ModelFileException.At(file.Location, "key 'split.count'", $"expected a whole model, found one of {parts} parts; join them with llama-gguf-split --merge");
        }

        JsonObject config = architecture.Settings.Read(file, architecture);
        if (architecture.Rope is { } rope)
        {
            config["rope_parameters"] = rope.Read(file, architecture.Name, architecture.Settings.Sizes(new ModelConfig(config, file.Location)).HeadSize);
        }

        foreach (GgufKey key in architecture.Keys)
        {
            key.Read(metadata, architecture.Name, config);
        }

        architecture.ReadConfig(file, config);
        AddTokenIds(file.ReadTokenizer(), config);
        return new ModelConfig(config, file.Location);
    }

    /// <summary>The tensors of a file under Hugging Face's names and in its form.</summary>
    public static ITensorSource ReadTensors(GgufFile file, ModelConfig config)
    {
        var source = new MappedTensorSource(file);
        Architecture(file).Names.ToHuggingFace(file, file.Names.Where(name => !GgufRope.IsTable(name)), config, source);
        return source;
    }

    /// <summary>Writes a model as a GGUF file; the types of matrices and vectors follow ggml's conventions.</summary>
    public static void Write(string path, ModelConfig config, ITensorSource tensors, GgufType type, GgufTextSide text)
    {
        if (!type.CanQuantize)
        {
            throw new ArgumentException($"GGUF files can be written in {string.Join(", ", KnownGgufTypes.Writable)}, not in {type}", nameof(type));
        }

        GgufArchitecture architecture = KnownGgufArchitectures.ByModelType(config.ModelType)
            ?? throw config.Wrong("model_type", $"one of {string.Join(", ", KnownGgufArchitectures.All.SelectMany(a => a.ModelTypes))}, which are what can be written as GGUF");
        GgufMetadata metadata = WriteConfig(config, architecture, type, out IReadOnlyList<(string Name, float[] Values)> tables);
        if (text.Tokenizer is not null)
        {
            GgufTokenizerMetadata.Write(text.Tokenizer, metadata);
            GgufChatTemplates.Write(text.ChatTemplates, metadata);
        }

        if (text.Pooling is not null)
        {
            int pooling = Array.Find(Poolings, known => known.Word == text.Pooling).Type;
            metadata[$"{architecture.Name}.{PoolingKey}"] = pooling > 0 ? (uint)pooling : throw new ArgumentException($"GGUF has no pooling '{text.Pooling}'", nameof(text));
        }

        var source = new MappedTensorSource(tensors);
        architecture.Names.ToGguf(tensors, config, architecture.IsTied(config, tensors), architecture.Name, source);
        string outputLayer = source.Contains(Output) ? Output : Embedding;
        List<GgufTensor> entries = [.. tables.Select(table => new GgufTensor(table.Name, [table.Values.Length], KnownGgufTypes.F32))];
        foreach (string name in source.Names)
        {
            Shape shape = source.Info(name).Shape;
            entries.Add(new GgufTensor(name, shape, TypeFor(name, shape, type, name == outputLayer)));
        }

        using GgufWriter writer = GgufWriter.Create(path, metadata, entries);
        foreach (string name in source.Names)
        {
            writer.Write(name, (element, destination) => source.ReadFloat32(name, element, destination));
        }

        foreach ((string name, float[] values) in tables)
        {
            writer.Write(name, (element, destination) => values.AsSpan((int)element, destination.Length).CopyTo(destination));
        }

        writer.Commit();
    }

    private static GgufMetadata WriteConfig(ModelConfig config, GgufArchitecture architecture, GgufType type, out IReadOnlyList<(string Name, float[] Values)> tables)
    {
        var metadata = new GgufMetadata { ["general.architecture"] = architecture.Name, ["general.type"] = "model" };
        architecture.Settings.Write(config, architecture.Name, metadata);
        metadata["general.file_type"] = FileTypes[type.Name];
        tables = architecture.Rope?.Write(config, architecture.Name, architecture.Settings.Sizes(config).HeadSize, metadata) ?? [];
        foreach (GgufKey key in architecture.Keys)
        {
            key.Write(config, architecture.Name, metadata);
        }

        architecture.WriteConfig(config, metadata);
        if (type.BlockElements > 1)
        {
            metadata["general.quantization_version"] = 2u;
        }

        return metadata;
    }

    // ggml's kernels want vectors, biases and some small matrices in F32. The output layer suffers most from few bits, so it gets six, as llama.cpp has it.
    // Rows that no block of 256 fits are cut in blocks of 32 of at least as many bits; where those do not fit either, F16 is left.
    private static GgufType TypeFor(string name, Shape shape, GgufType type, bool isOutput)
    {
        if (shape.Rank < 2 || !name.EndsWith(".weight", StringComparison.Ordinal) || PlainParts.Any(part => name.Contains(part, StringComparison.Ordinal)))
        {
            return KnownGgufTypes.F32;
        }

        GgufType wanted = isOutput && (type == KnownGgufTypes.Q4 || type == KnownGgufTypes.Q4K) ? KnownGgufTypes.Q6K : type;
        GgufType[] choices = [wanted, wanted == KnownGgufTypes.Q4K ? KnownGgufTypes.Q5 : KnownGgufTypes.Q8];
        return Array.Find(choices, choice => shape[-1] % choice.BlockElements == 0) ?? KnownGgufTypes.F16;
    }

    /// <summary>How a text's states become one vector, in the words of sentence-transformers; null where the file does not say.</summary>
    public static string? ReadPooling(GgufFile file)
    {
        string key = $"{Architecture(file).Name}.{PoolingKey}";
        int? type = file.Metadata.GetInt32(key);
        return type is null or (>= 0 and <= 4)
            ? Array.Find(Poolings, pooling => pooling.Type == type).Word
            : throw ModelFileException.At(file.Location, $"key '{key}'", $"expected a kind of pooling from 0 to 4, found {type}");
    }

    private static GgufArchitecture Architecture(GgufFile file) => KnownGgufArchitectures.For(file) ?? throw ModelFileException.At(
        file.Location,
        "key 'general.architecture'",
        $"expected one of {string.Join(", ", KnownGgufArchitectures.Names)}, found {(file.Metadata.GetString("general.architecture") is { } name ? $"\"{name}\"" : "none")}; use the Hugging Face folder of this model");

    private static void AddTokenIds(GgufTokenizerSource? tokenizer, JsonObject config)
    {
        foreach ((string key, int? id) in new[] { ("bos_token_id", tokenizer?.BosTokenId), ("eos_token_id", tokenizer?.EosTokenId), ("pad_token_id", tokenizer?.PadTokenId) })
        {
            if (id is not null)
            {
                config[key] = id;
            }
        }
    }
}
