using System.Globalization;
using System.Text.Json.Nodes;
using Attune.Tensors;

namespace Attune.Formats;

/// <summary>Writes the files of a Hugging Face model folder, each complete or not at all; wrap the folder in <see cref="AtomicFolder"/> to have all or none.</summary>
public static class HuggingFaceFolder
{
    /// <summary>Name of the configuration file.</summary>
    public const string ConfigFileName = "config.json";

    /// <summary>Name of the generation file.</summary>
    public const string GenerationFileName = "generation_config.json";

    /// <summary>Name of the weights when they are one file.</summary>
    public const string WeightsFileName = "model.safetensors";

    /// <summary>Name of weights that <c>torch.save</c> wrote; they are read, never written.</summary>
    public const string PickledWeightsFileName = "pytorch_model.bin";

    /// <summary>Name of the chat template file.</summary>
    public const string TemplateFileName = "chat_template.jinja";

    /// <summary>Largest shard unless told otherwise: 5 GB.</summary>
    public const long DefaultMaxShardBytes = 5_000_000_000;

    private static readonly Dictionary<string, string> Metadata = new() { ["format"] = "pt" };

    private static readonly Dictionary<DType, string> TorchNames = new()
    {
        [DType.F32] = "float32",
        [DType.F16] = "float16",
        [DType.BF16] = "bfloat16",
        [DType.F64] = "float64",
    };

    /// <summary>Writes <c>config.json</c>, the weights, and for a model that writes texts <c>generation_config.json</c>.</summary>
    /// <param name="folder">The folder; it is created when it does not exist.</param>
    /// <param name="config">The configuration; its <c>dtype</c> is set to <paramref name="dtype"/>.</param>
    /// <param name="tensors">The weights under Hugging Face's names.</param>
    /// <param name="dtype">Element type of all floating-point weights: F32, F16, BF16 or F64.</param>
    /// <param name="generation">Values of the generation file; null: none is written.</param>
    /// <param name="chatTemplate">Text of <c>chat_template.jinja</c>; null: none is written.</param>
    /// <param name="maxShardBytes">Largest weights file; a larger model is cut into numbered files with an index.</param>
    /// <exception cref="ArgumentException">The element type cannot be written.</exception>
    /// <exception cref="ModelFileException">The weights cannot be read.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Write(string folder, ModelConfig config, ITensorSource tensors, DType dtype, ModelConfig? generation = null, string? chatTemplate = null, long maxShardBytes = DefaultMaxShardBytes)
    {
        using var converted = new ConvertedTensorSource(tensors, dtype);
        WriteWeights(folder, converted, maxShardBytes);
        WriteConfig(folder, config.With("torch_dtype", null).With("dtype", TorchNames[dtype]), generation, chatTemplate);
    }

    /// <summary>Writes everything of a model's folder but weights and tokenizer.</summary>
    /// <param name="folder">The folder; it exists.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="generation">Values of the generation file; null: none is written.</param>
    /// <param name="chatTemplate">Text of <c>chat_template.jinja</c>; null: none is written.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void WriteConfig(string folder, ModelConfig config, ModelConfig? generation, string? chatTemplate)
    {
        AtomicFile.WriteAllText(Path.Combine(folder, ConfigFileName), config.ToJson());
        if (generation is not null)
        {
            AtomicFile.WriteAllText(Path.Combine(folder, GenerationFileName), generation.ToJson());
        }

        if (chatTemplate is not null)
        {
            AtomicFile.WriteAllText(Path.Combine(folder, TemplateFileName), chatTemplate);
        }
    }

    /// <summary>Writes weights as <c>model.safetensors</c>, or as numbered shards with an index when they are larger than one may be.</summary>
    /// <exception cref="ModelFileException">The weights cannot be read.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void WriteWeights(string folder, ITensorSource tensors, long maxShardBytes = DefaultMaxShardBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxShardBytes, 1);
        List<List<TensorInfo>> shards = Cut(tensors, maxShardBytes);
        var map = new JsonObject();
        for (int i = 0; i < shards.Count; i++)
        {
            string name = shards.Count == 1 ? WeightsFileName : string.Create(CultureInfo.InvariantCulture, $"model-{i + 1:d5}-of-{shards.Count:d5}.safetensors");
            using SafetensorsWriter writer = SafetensorsWriter.Create(Path.Combine(folder, name), shards[i], Metadata);
            foreach (TensorInfo tensor in shards[i])
            {
                writer.Copy(tensor.Name, tensors, tensor.Name);
                map.Add(tensor.Name, name);
            }

            writer.Commit();
        }

        if (shards.Count > 1)
        {
            IEnumerable<TensorInfo> all = shards.SelectMany(s => s);
            var index = new JsonObject
            {
                ["metadata"] = new JsonObject { ["total_parameters"] = all.Sum(t => t.Shape.Count), ["total_size"] = all.Sum(t => t.ByteCount) },
                ["weight_map"] = map,
            };
            AtomicFile.WriteAllText(Path.Combine(folder, ShardedFolder.IndexFileName), JsonFile.Write(index));
        }
    }

    /// <summary>The generation file of a model that has none: the token ids of its configuration.</summary>
    public static ModelConfig GenerationOf(ModelConfig config)
    {
        JsonObject all = config.ToJsonObject();
        var values = new JsonObject();
        foreach (string key in new[] { "bos_token_id", "eos_token_id", "pad_token_id" })
        {
            if (all[key] is JsonNode id)
            {
                values[key] = id.DeepClone();
            }
        }

        return new ModelConfig(values);
    }

    private static List<List<TensorInfo>> Cut(ITensorSource tensors, long maxShardBytes)
    {
        List<List<TensorInfo>> shards = [[]];
        long bytes = 0;
        foreach (string name in tensors.Names)
        {
            TensorInfo tensor = tensors.Info(name);
            if (shards[^1].Count > 0 && bytes + tensor.ByteCount > maxShardBytes)
            {
                shards.Add([]);
                bytes = 0;
            }

            shards[^1].Add(tensor);
            bytes += tensor.ByteCount;
        }

        return shards;
    }
}
