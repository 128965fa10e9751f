using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>What a family calls the settings that all decoders have, and what it takes for granted. Of several spellings the first is written.</summary>
internal sealed record GgufSettings
{
    /// <summary>The names and usual values of Llama.</summary>
    public static GgufSettings Llama { get; } = new();

    /// <summary>Number of blocks.</summary>
    public string[] Layers { get; init; } = ["num_hidden_layers"];

    /// <summary>Longest text.</summary>
    public string[] Context { get; init; } = ["max_position_embeddings"];

    /// <summary>The longest text of configurations that do not say; null: they have to.</summary>
    public int? UsualContext { get; init; }

    /// <summary>Width of the hidden states.</summary>
    public string[] Hidden { get; init; } = ["hidden_size"];

    /// <summary>Width between the projections of a feed-forward layer; where a configuration has none it is four times the hidden size.</summary>
    public string[] Inner { get; init; } = ["intermediate_size"];

    /// <summary>Query heads; empty for models without attention.</summary>
    public string[] Heads { get; init; } = ["num_attention_heads"];

    /// <summary>Key-value heads; empty for families that have as many as query heads, or say it otherwise.</summary>
    public string[] KeyValueHeads { get; init; } = ["num_key_value_heads"];

    /// <summary>Whether configurations can give the size of a head.</summary>
    public bool HasHeadSize { get; init; } = true;

    /// <summary>Whether heads have sizes that the architecture itself reads and writes.</summary>
    public bool OwnHeadSizes { get; init; }

    /// <summary>The size of a head where a configuration does not give it; null: hidden size by heads.</summary>
    public int? UsualHeadSize { get; init; }

    /// <summary>What is added to the variance or the mean square of norms; empty for families that do not say.</summary>
    public string[] Epsilon { get; init; } = ["rms_norm_eps"];

    /// <summary>The family's epsilon where a configuration has none; null: it has to.</summary>
    public double? UsualEpsilon { get; init; }

    /// <summary>Whether norms subtract the mean.</summary>
    public bool LayerNorm { get; init; }

    /// <summary>The activation; empty for families that do not say.</summary>
    public string[] Activation { get; init; } = ["hidden_act"];

    /// <summary>The names of the activation that the architecture implies; the first is what files are read with.</summary>
    public string[] Activations { get; init; } = ["silu"];

    /// <summary>Whether the output layer is the embedding where a configuration does not say.</summary>
    public bool Tied { get; init; }

    /// <summary>The key that holds the epsilon in GGUF.</summary>
    private string EpsilonKey => LayerNorm ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon";

    /// <summary>Hidden size, heads and the size of a head of a configuration.</summary>
    /// <exception cref="ModelFileException">One is missing or out of its range.</exception>
    public (int Hidden, int Heads, int HeadSize) Sizes(ModelConfig config)
    {
        int hidden = config.GetPositive(config.Present(Hidden));
        int heads = config.GetPositive(config.Present(Heads));
        int headSize = HasHeadSize && config.FindPositive("head_dim") is int given ? given : UsualHeadSize ?? (hidden / heads);
        return headSize > 0 ? (hidden, heads, headSize) : throw config.Wrong(config.Present(Heads), $"at most {hidden} heads, which is the hidden size");
    }

    /// <summary>Reads the settings that the metadata and the tensors of a file give.</summary>
    public JsonObject Read(GgufFile file, GgufArchitecture architecture)
    {
        string name = architecture.Name;
        GgufMetadata metadata = file.Metadata;
        if (!file.TryGetInfo(GgufModel.Embedding, out TensorInfo? embedding) || embedding.Shape.Rank != 2)
        {
            throw ModelFileException.At(file.Location, $"tensor '{GgufModel.Embedding}'", "expected a matrix with a row for each token, found none");
        }

        var config = new JsonObject
        {
            ["architectures"] = new JsonArray(architecture.ArchitectureClass),
            ["model_type"] = architecture.ModelTypes[0],
            ["dtype"] = "float32",
            ["vocab_size"] = embedding.Shape[0],
            [Hidden[0]] = metadata.RequirePositive($"{name}.embedding_length"),
            [Layers[0]] = RequireLayers(metadata, $"{name}.block_count"),
            ["tie_word_embeddings"] = !file.Contains(GgufModel.Output),
        };
        Set(config, Context, () => metadata.RequirePositive($"{name}.context_length"));
        Set(config, Inner, () => metadata.RequirePositive($"{name}.feed_forward_length"));
        Set(config, Activation, () => Activations[0]);
        Set(config, Epsilon, () => metadata.GetDouble($"{name}.{EpsilonKey}") ?? throw ModelFileException.At(file.Location, $"key '{name}.{EpsilonKey}'", "expected a number, found none"));
        if (Heads.Length > 0)
        {
            ReadHeads(metadata, name, config);
        }

        return config;
    }

    /// <summary>A number of layers.</summary>
    /// <exception cref="ModelFileException">There is none, or more than any model has.</exception>
    public static int RequireLayers(GgufMetadata metadata, string key) => metadata.RequirePositive(key) is var layers && layers <= ModelConfig.MostParts
        ? layers
        : throw ModelFileException.At(metadata.Location, $"key '{key}'", $"expected at most {ModelConfig.MostParts}, found {layers}");

    /// <summary>Writes the settings of a configuration.</summary>
    public void Write(ModelConfig config, string architecture, GgufMetadata metadata)
    {
        int hidden = config.GetPositive(config.Present(Hidden));
        metadata[$"{architecture}.block_count"] = (uint)config.GetPositive(config.Present(Layers));
        metadata[$"{architecture}.context_length"] = (uint)(Find(config, Context) ?? UsualContext ?? config.GetPositive(Context[0]));
        metadata[$"{architecture}.embedding_length"] = (uint)hidden;
        metadata[$"{architecture}.feed_forward_length"] = (uint)(Find(config, Inner) ?? 4L * hidden);
        if (Heads.Length > 0)
        {
            WriteHeads(config, architecture, metadata);
        }

        metadata[$"{architecture}.{EpsilonKey}"] = (float)((Epsilon.Length > 0 ? config.FindDouble(config.Present(Epsilon)) : null) ?? UsualEpsilon ?? config.GetDouble(Epsilon[0]));
        metadata[$"{architecture}.vocab_size"] = (uint)config.GetPositive("vocab_size");
        if (Activation.Length > 0 && config.Present(Activation) is string key && config.FindString(key) is string activation && !Activations.Contains(activation))
        {
            throw config.Wrong(key, $"{string.Join(" or ", Activations)}, which is what a GGUF file of architecture {architecture} means");
        }
    }

    private static int? Find(ModelConfig config, string[] names) => names.Length > 0 ? config.FindPositive(config.Present(names)) : null;

    private static void Set(JsonObject config, string[] names, Func<JsonNode> value)
    {
        if (names.Length > 0)
        {
            config[names[0]] = value();
        }
    }

    private void ReadHeads(GgufMetadata metadata, string name, JsonObject config)
    {
        string headsKey = $"{name}.attention.head_count";
        int heads = metadata.RequirePositive(headsKey);
        config[Heads[0]] = heads;
        if (OwnHeadSizes)
        {
            return;
        }

        int hidden = (int)config[Hidden[0]]!;
        string sizeKey = $"{name}.attention.key_length";
        int headSize = metadata.ContainsKey(sizeKey) ? metadata.RequirePositive(sizeKey) : hidden / heads;
        if (headSize < 1)
        {
            throw ModelFileException.At(metadata.Location, $"key '{headsKey}'", $"expected at most {hidden} heads, which is the hidden size, found {heads}");
        }

        if (HasHeadSize)
        {
            config["head_dim"] = headSize;
        }
        else if (hidden != (long)heads * headSize)
        {
            throw metadata.ContainsKey(sizeKey)
                ? ModelFileException.At(metadata.Location, $"key '{sizeKey}'", $"expected {hidden} / {heads}, which this architecture always has, found {headSize}")
                : ModelFileException.At(metadata.Location, $"key '{headsKey}'", $"expected a divisor of the hidden size {hidden}, found {heads}");
        }

        string keyValueKey = $"{name}.attention.head_count_kv";
        Set(config, KeyValueHeads, () => metadata.ContainsKey(keyValueKey) ? metadata.RequirePositive(keyValueKey) : heads);
    }

    private void WriteHeads(ModelConfig config, string architecture, GgufMetadata metadata)
    {
        (int hidden, int heads, int headSize) = Sizes(config);
        metadata[$"{architecture}.attention.head_count"] = (uint)heads;
        metadata[$"{architecture}.attention.head_count_kv"] = (uint)(Find(config, KeyValueHeads) ?? heads);
        if (OwnHeadSizes)
        {
            return;
        }

        if ((long)headSize * heads != hidden || (HasHeadSize && config.Has("head_dim")))
        {
            metadata[$"{architecture}.attention.key_length"] = (uint)headSize;
            metadata[$"{architecture}.attention.value_length"] = (uint)headSize;
        }
    }
}
