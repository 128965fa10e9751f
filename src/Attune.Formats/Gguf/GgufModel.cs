using System.Text.Json.Nodes;
using Attune.Tensors;

namespace Attune.Formats;

/// <summary>A GGUF file seen as a Hugging Face model, and the other way round.</summary>
internal static class GgufModel
{
    private const string Output = "output.weight";

    private const string Embedding = "token_embd.weight";

    private static readonly Dictionary<string, uint> FileTypes = new() { ["F32"] = 0, ["F16"] = 1, ["Q4_0"] = 2, ["Q8_0"] = 7, ["Q5_0"] = 8, ["Q4_K"] = 14, ["Q6_K"] = 18, ["BF16"] = 32 };

    /// <summary>The configuration that the metadata and the tensors of a file amount to.</summary>
    public static ModelConfig ReadConfig(GgufFile file)
    {
        GgufMetadata metadata = file.Metadata;
        GgufArchitecture architecture = Architecture(metadata);
        string name = architecture.Name;
        if (metadata.GetInt32("split.count") is > 1 and int parts)
        {
            throw ModelFileException.At(file.Location, "key 'split.count'", $"expected a whole model, found one of {parts} parts; join them with llama-gguf-split --merge");
        }

        if (metadata.GetInt32($"{name}.expert_count") is > 0)
        {
            throw ModelFileException.At(file.Location, $"key '{name}.expert_count'", "mixtures of experts are not read from GGUF; use the Hugging Face folder of this model");
        }

        int hidden = metadata.RequirePositive($"{name}.embedding_length");
        (int heads, int keyValueHeads) = Heads(metadata, name);
        int headSize = metadata.ContainsKey($"{name}.attention.key_length") ? metadata.RequirePositive($"{name}.attention.key_length") : hidden / heads;
        if (headSize < 1)
        {
            throw ModelFileException.At(file.Location, $"key '{name}.attention.head_count'", $"expected at most {hidden} heads, which is the hidden size, found {heads}");
        }

        if (!file.TryGetInfo(Embedding, out TensorInfo? embedding) || embedding.Shape.Rank != 2)
        {
            throw ModelFileException.At(file.Location, $"tensor '{Embedding}'", "expected a matrix with a row for each token, found none");
        }

        var config = new JsonObject
        {
            ["architectures"] = new JsonArray(architecture.ArchitectureClass),
            ["model_type"] = architecture.ModelTypes[0],
            ["dtype"] = "float32",
            ["vocab_size"] = embedding.Shape[0],
            ["hidden_size"] = hidden,
            ["intermediate_size"] = metadata.RequirePositive($"{name}.feed_forward_length"),
            ["num_hidden_layers"] = metadata.RequirePositive($"{name}.block_count"),
            ["num_attention_heads"] = heads,
            ["num_key_value_heads"] = keyValueHeads,
            ["head_dim"] = headSize,
            ["hidden_act"] = "silu",
            ["max_position_embeddings"] = metadata.RequirePositive($"{name}.context_length"),
            ["rms_norm_eps"] = metadata.GetDouble($"{name}.attention.layer_norm_rms_epsilon")
                ?? throw ModelFileException.At(file.Location, $"key '{name}.attention.layer_norm_rms_epsilon'", "expected a number, found none"),
            ["rope_parameters"] = GgufRope.Read(file, name, headSize),
            ["tie_word_embeddings"] = !file.Contains(Output),
        };
        architecture.ReadConfig(file, config);
        AddTokenIds(file.ReadTokenizer(), config);
        return new ModelConfig(config, file.Location);
    }

    /// <summary>The tensors of a file under Hugging Face's names, with rows in Hugging Face's order.</summary>
    public static ITensorSource ReadTensors(GgufFile file)
    {
        GgufArchitecture architecture = Architecture(file.Metadata);
        (int heads, int keyValueHeads) = Heads(file.Metadata, architecture.Name);
        var source = new MappedTensorSource(file);
        foreach (GgufTensor tensor in file.Tensors.Where(t => t.Name != GgufRope.FactorsTensor))
        {
            // A name without a counterpart stays, for the model loader to name it among the unexpected ones.
            string name = GgufArchitecture.ToHuggingFace(tensor.Name) ?? tensor.Name;
            RowPermutation? permutation = architecture.Permutation(name, heads, keyValueHeads);
            source.Add(name, tensor.Name, permutation is null ? null : InnerRow(file, tensor.Name, tensor.Shape, permutation, permutation.FileRow));
        }

        return source;
    }

    /// <summary>Writes a model as a GGUF file; the types of matrices and vectors follow ggml's conventions.</summary>
    public static void Write(string path, ModelConfig config, ITensorSource tensors, GgufType type, GgufTokenizerSource? tokenizer, string? chatTemplate)
    {
        if (!type.CanQuantize)
        {
            throw new ArgumentException($"GGUF files can be written in {string.Join(", ", KnownGgufTypes.Writable)}, not in {type}", nameof(type));
        }

        GgufArchitecture architecture = KnownGgufArchitectures.ByModelType(config.ModelType)
            ?? throw config.Wrong("model_type", $"one of {string.Join(", ", KnownGgufArchitectures.All.SelectMany(a => a.ModelTypes))}, which are what can be written as GGUF");
        int heads = config.GetPositive("num_attention_heads");
        int keyValueHeads = config.GetPositive("num_key_value_heads", heads);
        GgufMetadata metadata = WriteConfig(config, architecture, type, out float[]? factors);
        if (tokenizer is not null)
        {
            GgufTokenizerMetadata.Write(tokenizer, chatTemplate, metadata);
        }

        var source = new MappedTensorSource(tensors);
        var entries = new List<GgufTensor>();
        string outputLayer = config.GetBoolean("tie_word_embeddings", false) || !tensors.Contains("lm_head.weight") ? Embedding : Output;
        foreach (string name in tensors.Names.Where(n => n != "lm_head.weight" || !config.GetBoolean("tie_word_embeddings", false)))
        {
            string ggufName = GgufArchitecture.ToGguf(name)
                ?? throw ModelFileException.At(tensors.Location, $"tensor '{name}'", $"has no place in a GGUF file of architecture {architecture.Name}");
            Shape shape = tensors.Info(name).Shape;
            RowPermutation? permutation = architecture.Permutation(name, heads, keyValueHeads);
            source.Add(ggufName, name, permutation is null ? null : InnerRow(tensors, name, shape, permutation, permutation.HuggingFaceRow));
            entries.Add(new GgufTensor(ggufName, shape, TypeFor(shape, type, ggufName == outputLayer)));
        }

        WriteTensors(path, metadata, entries, source, factors);
    }

    private static void WriteTensors(string path, GgufMetadata metadata, List<GgufTensor> entries, MappedTensorSource source, float[]? factors)
    {
        if (factors is not null)
        {
            entries.Insert(0, new GgufTensor(GgufRope.FactorsTensor, [factors.Length], KnownGgufTypes.F32));
        }

        using GgufWriter writer = GgufWriter.Create(path, metadata, entries);
        foreach (string name in source.Names)
        {
            writer.Write(name, (element, destination) => source.ReadFloat32(name, element, destination));
        }

        if (factors is not null)
        {
            writer.Write(GgufRope.FactorsTensor, (element, destination) => factors.AsSpan((int)element, destination.Length).CopyTo(destination));
        }

        writer.Commit();
    }

    private static GgufMetadata WriteConfig(ModelConfig config, GgufArchitecture architecture, GgufType type, out float[]? factors)
    {
        string name = architecture.Name;
        int hidden = config.GetPositive("hidden_size");
        int heads = config.GetPositive("num_attention_heads");
        int headSize = config.GetPositive("head_dim", hidden / heads);
        var metadata = new GgufMetadata
        {
            ["general.architecture"] = name,
            ["general.type"] = "model",
            [$"{name}.block_count"] = (uint)config.GetPositive("num_hidden_layers"),
            [$"{name}.context_length"] = (uint)config.GetPositive("max_position_embeddings"),
            [$"{name}.embedding_length"] = (uint)hidden,
            [$"{name}.feed_forward_length"] = (uint)config.GetPositive("intermediate_size"),
            [$"{name}.attention.head_count"] = (uint)heads,
            [$"{name}.attention.head_count_kv"] = (uint)config.GetPositive("num_key_value_heads", heads),
            [$"{name}.attention.layer_norm_rms_epsilon"] = (float)config.GetDouble("rms_norm_eps"),
            [$"{name}.vocab_size"] = (uint)config.GetPositive("vocab_size"),
            ["general.file_type"] = FileTypes[type.Name],
        };
        if (headSize * heads != hidden || config.Has("head_dim"))
        {
            metadata[$"{name}.attention.key_length"] = (uint)headSize;
            metadata[$"{name}.attention.value_length"] = (uint)headSize;
        }

        factors = GgufRope.Write(config, name, headSize, metadata);
        if (factors is not null && config.Rope().FindPositive("original_max_position_embeddings") is int original)
        {
            metadata[$"{name}.rope.scaling.original_context_length"] = (uint)original;
        }

        if (type.BlockElements > 1)
        {
            metadata["general.quantization_version"] = 2u;
        }

        return metadata;
    }

    // ggml's kernels want vectors (norms, biases) in F32. The output layer suffers most from few bits, so it gets six, as llama.cpp has it.
    // Rows that no block of 256 fits are cut in blocks of 32 of at least as many bits; where those do not fit either, F16 is left.
    private static GgufType TypeFor(Shape shape, GgufType type, bool isOutput)
    {
        if (shape.Rank < 2)
        {
            return KnownGgufTypes.F32;
        }

        GgufType wanted = isOutput && (type == KnownGgufTypes.Q4 || type == KnownGgufTypes.Q4K) ? KnownGgufTypes.Q6K : type;
        GgufType[] choices = [wanted, wanted == KnownGgufTypes.Q4K ? KnownGgufTypes.Q5 : KnownGgufTypes.Q8];
        return Array.Find(choices, choice => shape[-1] % choice.BlockElements == 0) ?? KnownGgufTypes.F16;
    }

    private static GgufArchitecture Architecture(GgufMetadata metadata)
    {
        string? name = metadata.GetString("general.architecture");
        return KnownGgufArchitectures.ByName(name ?? "") ?? throw ModelFileException.At(
            metadata.Location, "key 'general.architecture'", $"expected one of {string.Join(", ", KnownGgufArchitectures.All.Select(a => a.Name))}, found {(name is null ? "none" : $"\"{name}\"")}; use the Hugging Face folder of this model");
    }

    private static (int Heads, int KeyValueHeads) Heads(GgufMetadata metadata, string name)
    {
        int heads = metadata.RequirePositive($"{name}.attention.head_count");
        string key = $"{name}.attention.head_count_kv";
        return (heads, metadata.ContainsKey(key) ? metadata.RequirePositive(key) : heads);
    }

    private static Func<int, int> InnerRow(ITensorSource source, string tensor, Shape shape, RowPermutation permutation, Func<int, int, int> row)
    {
        if (shape.Rank is < 1 or > 2 || !permutation.Fits(shape[0]))
        {
            throw ModelFileException.At(source.Location, $"tensor '{tensor}'", $"expected rows for {permutation.Heads} heads of an even size, found shape {shape}");
        }

        int rows = (int)shape[0];
        return r => row(r, rows);
    }

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
