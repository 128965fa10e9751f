using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Models.Tests;

/// <summary>Settings that are out of their range are named before anything is made by them, and settings that are absent have the values of transformers.</summary>
public sealed class ConfigurationTests
{
    [Theory]
    [InlineData("llama", "num_hidden_layers", "2000000000")]
    [InlineData("llama", "num_attention_heads", "2000000000")]
    [InlineData("gpt2", "hidden_size", "2000000000")]
    [InlineData("bloom", "num_attention_heads", "2000000000")]
    [InlineData("mixtral", "num_local_experts", "2000000000")]
    [InlineData("deepseek_v3", "n_shared_experts", "2000000000")]
    [InlineData("mamba2", "num_hidden_layers", "2000000000")]
    [InlineData("mamba2", "num_heads", "2000000000")]
    [InlineData("mamba2", "time_step_limit", "[]")]
    [InlineData("gpt_neo", "attention_types", """[[["global"], 2000000000]]""")]
    [InlineData("gpt_neo", "attention_types", """[["global", 1]]""")]
    [InlineData("mistral", "sliding_window", "0")]
    [InlineData("bert", "num_hidden_layers", "2000000000")]
    [InlineData("distilbert", "n_layers", "2000000000")]
    [InlineData("albert", "inner_group_num", "2000000000")]
    [InlineData("modernbert", "num_hidden_layers", "2000000000")]
    [InlineData("modernbert", "layer_types", """["other"]""")]
    [InlineData("roberta", "pad_token_id", "-7")]
    [InlineData("roberta", "pad_token_id", "2147483647")]
    [InlineData("deberta-v2", "max_relative_positions", "2000000000")]
    [InlineData("t5", "num_layers", "2000000000")]
    [InlineData("t5", "relative_attention_num_buckets", "2")]
    [InlineData("t5", "relative_attention_max_distance", "1")]
    [InlineData("bart", "encoder_layers", "2000000000")]
    [InlineData("bart", "tie_word_embeddings", "false")]
    [InlineData("marian", "share_encoder_decoder_embeddings", "false")]
    [InlineData("llama", "head_dim", "2000000000")]
    [InlineData("gemma3_text", "head_dim", "16777216")]
    [InlineData("deepseek_v3", "v_head_dim", "2000000000")]
    [InlineData("t5", "d_kv", "2000000000")]
    [InlineData("llama", "rms_norm_eps", "-1")]
    [InlineData("llama", "rms_norm_eps", """{"__float__": "NaN"}""")]
    [InlineData("gpt2", "layer_norm_epsilon", "1")]
    [InlineData("mamba2", "layer_norm_epsilon", "-1e-5")]
    [InlineData("bert", "layer_norm_eps", "-1")]
    [InlineData("modernbert", "norm_eps", "-1")]
    [InlineData("t5", "layer_norm_epsilon", "-1")]
    [InlineData("t5", "decoder_start_token_id", "99999")]
    [InlineData("bart", "decoder_start_token_id", "-1")]
    [InlineData("marian", "pad_token_id", "2147483647")]
    [InlineData("llama", "rope_theta", "{\"__float__\": \"NaN\"}")]
    [InlineData("qwen2", "rope_theta", "1e999")]
    public void A_setting_out_of_its_range_is_named(string family, string key, string value)
    {
        ModelFileException error = Assert.Throws<ModelFileException>(() => Load(Small(family).With(key, JsonNode.Parse(value))));
        Assert.Contains(key, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_window_that_is_used_needs_a_size()
    {
        ModelConfig config = Small("qwen2").With("sliding_window", null).With("use_sliding_window", true).With("max_window_layers", 0);
        ModelFileException error = Assert.Throws<ModelFileException>(() => Load(config));
        Assert.Contains("sliding_window", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gemma_2_limits_its_logits_unless_told_otherwise()
    {
        Assert.Equal(30, ((CausalLmModel)Load(Small("gemma2"))).LogitTransform!.Softcap);
        JsonObject values = Small("gemma2").ToJsonObject();
        values["final_logit_softcapping"] = null;
        var unlimited = new ModelConfig(values);
        Assert.Null(((CausalLmModel)Load(unlimited)).LogitTransform);
    }

    [Fact]
    public void Kinds_of_layers_may_be_given_as_a_pattern()
    {
        float[] listed = Logits(Small("gpt_neo").With("attention_layers", new JsonArray("global", "global")));
        Assert.Equal(listed, Logits(Small("gpt_neo").With("attention_types", JsonNode.Parse("""[[["global"], 2]]"""))));
        Assert.NotEqual(listed, Logits(Small("gpt_neo").With("attention_types", JsonNode.Parse("""[[["global", "local"], 1]]"""))));
    }

    [Theory]
    [InlineData("phi")]
    [InlineData("gptj")]
    [InlineData("gpt_neox")]
    [InlineData("llama")]
    public void A_head_on_a_decoder_asks_for_no_output_layer(string family)
    {
        var reader = new AnyWeights();
        var weights = new WeightBuilder(new Device(new ReferenceBackend()), reader, new WeightOptions());
        KnownModels.BackboneFor(Small(family)).Load(Small(family).With("rotary_dim", 4), weights);
        Assert.DoesNotContain(reader.Asked, name => name.Contains("lm_head", StringComparison.Ordinal) || name.Contains("embed_out", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("gpt2", "classifier")]
    [InlineData("bloom", "classifier")]
    [InlineData("falcon", "classifier")]
    [InlineData("mpt", "classifier")]
    [InlineData("gpt_neox", "classifier")]
    [InlineData("llama", "score")]
    public void Tags_on_decoders_have_the_layer_names_of_transformers(string family, string name) =>
        Assert.Equal(name, KnownModels.BackboneFor(Small(family)).Heads(Small(family)).TokenOutput);

    [Theory]
    [InlineData("qwen2_moe", "sliding_attention", "full_attention")]
    [InlineData("qwen3_moe", "sliding_attention", "sliding_attention")]
    public void Windows_of_Qwens_mixtures_are_in_the_layers_of_transformers(string family, params string[] types)
    {
        ModelConfig config = Small(family).With("use_sliding_window", true).With("sliding_window", 2).With("num_experts", 2).With("shared_expert_intermediate_size", 8);
        float[] expected = Logits(config.With("layer_types", new JsonArray([.. types.Select(type => (JsonNode)type)])));
        Assert.Equal(expected, Logits(config));
        Assert.NotEqual(expected, Logits(config.With("use_sliding_window", false)));
    }

    [Fact]
    public void Gpt_oss_stretches_positions_unless_told_otherwise()
    {
        JsonNode scaling = JsonNode.Parse("""{"rope_type": "yarn", "factor": 32.0, "beta_fast": 32.0, "beta_slow": 1.0, "truncate": false, "original_max_position_embeddings": 4096}""")!;
        ModelConfig config = Small("gpt_oss").With("sliding_window", 4);
        float[] own = Logits(config);
        Assert.Equal(Logits(config.With("rope_scaling", scaling)), own);
        Assert.NotEqual(Logits(config.With("rope_scaling", JsonNode.Parse("""{"rope_type": "default"}"""))), own);
    }

    [Theory]
    [InlineData("gemma", 0)]
    [InlineData("cohere", 0)]
    [InlineData("opt", 1)]
    [InlineData("llama", -1)]
    public void Padding_ids_that_files_do_not_name_are_those_of_transformers(string family, int expected) =>
        Assert.Equal(expected, Load(Small(family)).Modules().OfType<Embedding>().First().PaddingIndex);

    [Fact]
    public void An_output_layer_that_is_not_shared_has_to_be_in_the_file()
    {
        WeightException error = Assert.Throws<WeightException>(() => Finish(Small("t5").With("tie_word_embeddings", false), new AnyWeights(except: "lm_head.weight")));
        Assert.Contains("missing: lm_head.weight", error.Message, StringComparison.Ordinal);
        Finish(Small("t5"), new AnyWeights(except: "lm_head.weight"));
    }

    [Fact]
    public void The_layer_behind_the_last_of_DeepSeek_V3_is_left_out()
    {
        Finish(Small("deepseek_v3"), new AnyWeights { Names = ["model.layers.2.embed_tokens.weight", "model.layers.2.self_attn.o_proj.weight"] });
        Assert.Throws<WeightException>(() => Finish(Small("deepseek_v3"), new AnyWeights { Names = ["model.layers.3.self_attn.o_proj.weight"] }));
    }

    [Fact]
    public void A_table_of_positions_that_cannot_be_is_not_made()
    {
        ModelConfig config = Small("marian").With("max_position_embeddings", 2_000_000_000);
        WeightException error = Assert.Throws<WeightException>(() => Finish(config, new AnyWeights(except: "model.encoder.embed_positions.weight")));
        Assert.Contains("max_position_embeddings", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("opt", "max_position_embeddings", "embed_positions")]
    [InlineData("bart", "max_position_embeddings", "embed_positions")]
    public void Positions_beyond_the_integers_of_32_bits_are_no_shape_of_the_file(string family, string key, string weight)
    {
        WeightException error = Assert.Throws<WeightException>(() => Finish(Small(family).With(key, int.MaxValue), new NoWeights()));
        Assert.Contains(weight, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_encoder_where_texts_are_to_be_written_is_told_what_takes_it()
    {
        ModelFileException error = Assert.Throws<ModelFileException>(() => KnownModels.IsSeq2Seq(Small("bert")));
        Assert.Contains("encoders do not (predict, train and evaluate take them with --task", error.Message, StringComparison.Ordinal);
    }

    private static void Finish(ModelConfig config, IWeightReader reader)
    {
        var weights = new WeightBuilder(new Device(new ReferenceBackend()), reader, new WeightOptions());
        Make(config, weights);
        weights.Finish();
    }

    private static ModelConfig Small(string family) => SmallConfigs.Of(family);

    private static Module Load(ModelConfig config)
    {
        var device = new Device(new ReferenceBackend());
        return KnownModels.CausalLm.Any(family => family.ModelType == config.ModelType)
            ? CausalLmLoader.Create(device, config, seed: 1, new WeightOptions())
            : Make(config, new WeightBuilder(device, new NoWeights(), new WeightOptions()));
    }

    private static Module Make(ModelConfig config, WeightBuilder weights) =>
        KnownModels.Encoders.FirstOrDefault(family => family.ModelType == config.ModelType) is { } encoder ? encoder.Load(config, weights)
        : KnownModels.CausalLm.FirstOrDefault(family => family.ModelType == config.ModelType) is { } decoder ? decoder.Load(config, weights)
        : KnownModels.Seq2SeqFor(config).Load(config, weights);

    private static float[] Logits(ModelConfig config)
    {
        var model = (CausalLmModel)Load(config);
        using StepScope scope = model.Device.Scope();
        return model.Logits(new ForwardPass(TokenBatch.Create(model.Device, [3, 1, 4, 1, 5], [0, 1, 2, 3, 4], [0, 5]))).ToArray();
    }

    /// <summary>A file without weights.</summary>
    private sealed class NoWeights : IWeightReader
    {
        public string Location => "model.safetensors";

        public IReadOnlyCollection<string> Names => [];

        public bool TryGetShape(string name, in Shape expected, out Shape shape)
        {
            shape = default;
            return false;
        }

        public void Read(string name, long elementOffset, Span<float> destination) => throw new InvalidOperationException(name);
    }

    /// <summary>A file that has whatever it is asked for, but for one weight.</summary>
    private sealed class AnyWeights(string? except = null) : IWeightReader
    {
        public List<string> Asked { get; } = [];

        public string Location => "model.safetensors";

        public IReadOnlyCollection<string> Names { get; init; } = [];

        public bool TryGetShape(string name, in Shape expected, out Shape shape)
        {
            Asked.Add(name);
            shape = expected;
            return name != except;
        }

        public void Read(string name, long elementOffset, Span<float> destination) => destination.Clear();
    }
}
