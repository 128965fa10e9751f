using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Testing;

namespace Attune.Models.Tests;

/// <summary>A model is made of a damaged configuration, or refused with a typed error: by its configuration or because the weights do not fit.</summary>
public sealed class ConfigurationDamageTests
{
    private static readonly string[] Values =
    [
        "-1", "0", "1", "3", "7", "64", "4096", "65536", "1000000", "4194303", "16777216", "99999999", "2147483647", "-2147483648", "9223372036854775807", "0.5", "-0.5", "1e308", "-1e308", "1e-320", "true", "false", "null",
        "\"\"", "\"gelu\"", "\"linear\"", "\"yarn\"", "[]", "[0]", "[1, 2]", "[[]]", "[\"full_attention\", \"sliding_attention\"]", "{}", "{\"rope_type\": \"yarn\", \"factor\": -1}",
        "{\"rope_type\": \"linear\", \"factor\": 0}", "{\"rope_type\": \"llama3\", \"factor\": 1e300}", "{\"rope_type\": \"longrope\"}", "{\"rope_type\": 3}", "{\"__float__\": \"NaN\"}", "{\"99999999\": \"a\"}",
    ];

    /// <summary>Keys that small configurations leave out.</summary>
    private static readonly string[] MoreKeys =
    [
        "rope_scaling", "rope_parameters", "rope_theta", "rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon", "num_key_value_heads", "hidden_act", "activation_function", "tie_word_embeddings", "layer_types",
        "partial_rotary_factor", "rotary_dim", "pad_token_id", "decoder_start_token_id", "num_experts", "type_vocab_size", "embedding_size", "attention_types", "attention_layers", "use_sliding_window", "max_window_layers",
        "alibi", "new_decoder_architecture", "multi_query", "n_inner", "expand", "state_size", "conv_kernel", "q_lora_rank", "kv_lora_rank", "qk_rope_head_dim", "v_head_dim", "logit_scale", "feed_forward_proj",
        "relative_attention_num_buckets", "relative_attention_max_distance", "max_relative_positions", "position_buckets", "inner_group_num", "num_hidden_groups", "n_shared_experts", "num_labels", "id2label", "dtype",
    ];

    private static readonly string[] Heads = ["ForMaskedLM", "ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering", "ForMultipleChoice", "ForPreTraining", "Model", "ForCausalLM"];

    public static TheoryData<string> Families =>
        [.. KnownModels.CausalLm.Select(family => family.ModelType), .. KnownModels.Encoders.Select(family => family.ModelType), .. KnownModels.Seq2Seq.Select(family => family.ModelType)];

    [Theory]
    [MemberData(nameof(Families))]
    public void Damage_is_refused_or_makes_a_model(string family) => Check(family, Share(Fuzz.Quick));

    [Theory]
    [Trait("Category", "Slow")]
    [MemberData(nameof(Families))]
    public void Much_damage_is_refused_or_makes_a_model(string family) => Check(family, Share(Fuzz.Slow));

    [Theory]
    [InlineData("bart", "decoder_layers", 64)]
    [InlineData("t5", "num_decoder_layers", 65_536)]
    [InlineData("albert", "inner_group_num", 65_536)]
    [InlineData("llama", "num_hidden_layers", 65_536)]
    public void Layers_that_the_file_lacks_are_named(string family, string key, int layers) => Refuse(Sound(family).With(key, layers), Sound(family), "missing: ");

    [Theory]
    [InlineData("ForMaskedLM")]
    [InlineData("ForSequenceClassification")]
    [InlineData("ForQuestionAnswering")]
    public void A_head_is_not_made_above_a_backbone_of_another_size(string head)
    {
        ModelConfig sound = Sound("bert");
        Refuse(sound.With("hidden_size", 65_536).With("architectures", new JsonArray("Bert" + head)), sound, "wrong shape: ");
    }

    private static void Refuse(ModelConfig config, ModelConfig sound, string mentioned)
    {
        using StoredWeights weights = StoredWeights.Of(sound);
        Assert.False(Fuzz.Try<WeightException>(config.ToJson(), 0, () => Load(config, weights), error => Assert.Contains(mentioned, error.Message, StringComparison.Ordinal)));
    }

    /// <summary>Configurations are one kind of file, whatever the family.</summary>
    private static int Share(int mutants) => (mutants + Families.Count - 1) / Families.Count;

    /// <summary>Half of the mutants have other values, half have their text damaged.</summary>
    private static void Check(string family, int count)
    {
        ModelConfig sound = Sound(family);
        using StoredWeights weights = StoredWeights.Of(sound);
        Load(sound, weights);
        var random = new Random(11);
        string[] keys = [.. sound.Keys.Where(key => key != "model_type"), .. MoreKeys];
        for (int i = 0; i < count / 2; i++)
        {
            ModelConfig mutant = sound;
            if (random.Next(4) == 0)
            {
                mutant = mutant.With("architectures", new JsonArray(Heads[random.Next(Heads.Length)]));
            }

            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                mutant = mutant.With(keys[random.Next(keys.Length)], JsonNode.Parse(Values[random.Next(Values.Length)]));
            }

            Fuzz.Try<ModelFileException>($"mutant {i} of {family}: {mutant.ToJson()}", 0, () => TryLoad(mutant, weights));
        }

        byte[] text = System.Text.Encoding.UTF8.GetBytes(sound.ToJson());
        Fuzz.Run<ModelFileException>(text, count - (count / 2), mutant => TryLoad(ModelConfig.Parse(mutant, "config.json"), weights));
    }

    private static ModelConfig Sound(string family) => family switch
    {
        "cohere2" or "gemma3_text" or "gpt_oss" => SmallConfigs.Of(family).With("sliding_window", 4),
        "gptj" => SmallConfigs.Of(family).With("rotary_dim", 4),
        _ => SmallConfigs.Of(family),
    };

    private static void TryLoad(ModelConfig config, StoredWeights weights)
    {
        try
        {
            Load(config, weights);
        }
        catch (WeightException)
        {
            // The weights are those of the sound configuration.
        }
    }

    private static void Load(ModelConfig config, StoredWeights weights)
    {
        using var device = new Device(new ReferenceBackend());
        AnyModelLoader.Load(device, config, weights, new WeightOptions());
    }

    /// <summary>A file with the weights of a model.</summary>
    private sealed class StoredWeights : ITensorSource, IWeightReader
    {
        private readonly Dictionary<string, Shape> _shapes = [];

        public string Location => "model.safetensors";

        public IReadOnlyCollection<string> Names { get; private set; } = [];

        public static StoredWeights Of(ModelConfig config)
        {
            var weights = new StoredWeights();
            using var device = new Device(new ReferenceBackend());
            var builder = new WeightBuilder(device, weights, new WeightOptions());
            if (KnownModels.Encoders.FirstOrDefault(family => family.ModelType == config.ModelType) is { } encoder)
            {
                encoder.Load(config, builder);
            }
            else if (KnownModels.CausalLm.FirstOrDefault(family => family.ModelType == config.ModelType) is { } decoder)
            {
                decoder.Load(config, builder);
            }
            else
            {
                KnownModels.Seq2SeqFor(config).Load(config, builder);
            }

            weights.Names = weights._shapes.Keys;
            return weights;
        }

        /// <summary>What a model asks for is what its file has, but for what it can do without.</summary>
        public bool TryGetShape(string name, in Shape expected, out Shape shape)
        {
            shape = expected;
            return expected.Rank > 0 && (_shapes.TryAdd(name, expected) || _shapes[name] == expected);
        }

        public void Read(string name, long elementOffset, Span<float> destination) => destination.Clear();

        public bool TryGetInfo(string name, [NotNullWhen(true)] out TensorInfo? info)
        {
            info = _shapes.TryGetValue(name, out Shape shape) ? new TensorInfo(name, DType.F32, shape) : null;
            return info is not null;
        }

        public void Read(string name, long byteOffset, Span<byte> destination) => destination.Clear();

        public IBlockMatrix? TryOpenBlocks(string name) => null;

        public void Dispose()
        {
            // Nothing is open.
        }
    }
}
