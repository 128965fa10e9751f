using Attune.Tensors;
using Attune.Testing;

namespace Attune.Formats.Tests.Gguf;

/// <summary>What GGUF models of single architectures must and must not be.</summary>
public sealed class GgufArchitectureTests : IDisposable
{
    private const string Mixtral = """
        {"model_type": "mixtral", "vocab_size": 8, "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 2,
         "max_position_embeddings": 16, "rms_norm_eps": 1e-5, "num_local_experts": 3, "num_experts_per_tok": 2}
        """;

    private const string Phi3 = """
        {"model_type": "phi3", "vocab_size": 8, "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 2,
         "max_position_embeddings": 64, "original_max_position_embeddings": 16, "rms_norm_eps": 1e-5, "sliding_window": null,
         "rope_scaling": {"type": "longrope", "long_factor": [1, 2, 3, 4], "short_factor": [1, 1, 1, 1.5]}}
        """;

    private const string Bloom = """{"model_type": "bloom", "vocab_size": 8, "hidden_size": 32, "n_layer": 1, "n_head": 4}""";

    private const string Mamba2 = """
        {"model_type": "mamba2", "vocab_size": 8, "hidden_size": 32, "num_hidden_layers": 1, "num_heads": 8, "head_dim": 8, "n_groups": 2, "state_size": 4, "conv_kernel": 4}
        """;

    private const string Gemma3 = """
        {"model_type": "gemma3_text", "vocab_size": 8, "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
         "max_position_embeddings": 16, "head_dim": 8, "sliding_window": 4, "query_pre_attn_scalar": 8, "layer_types": ["full_attention", "sliding_attention", "sliding_attention"]}
        """;

    private const string Roberta = """
        {"model_type": "roberta", "vocab_size": 8, "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 4, "max_position_embeddings": 18,
         "type_vocab_size": 1, "pad_token_id": 1}
        """;

    private const string DistilBert = """{"model_type": "distilbert", "vocab_size": 8, "dim": 32, "hidden_dim": 32, "n_layers": 1, "n_heads": 4, "max_position_embeddings": 16}""";

    private const string DeepSeek = """
        {"model_type": "deepseek_v3", "vocab_size": 8, "hidden_size": 32, "intermediate_size": 32, "moe_intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
         "q_lora_rank": 8, "kv_lora_rank": 8, "qk_nope_head_dim": 4, "qk_rope_head_dim": 4, "v_head_dim": 4, "n_routed_experts": 2, "num_experts_per_tok": 1, "n_group": 1, "topk_group": 1,
         "first_k_dense_replace": 0, "max_position_embeddings": 16}
        """;

    private const string T5 = """{"model_type": "t5", "vocab_size": 8, "d_model": 32, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 4}""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Mixtral, "llama.expert_count", 2, "tensor 'blk.0.ffn_gate_exps.weight': expected 2 weights")]
    [InlineData(Mixtral, "llama.expert_used_count", 4, "key 'llama.expert_used_count': expected at most the number of experts ('llama.expert_count': 3), found 4")]
    [InlineData(Mixtral, "llama.expert_used_count", null, "key 'llama.expert_used_count': expected a positive integer, found none")]
    [InlineData(Mixtral, "llama.attention.head_count_kv", 3, "tensor 'blk.0.attn_k.weight': expected rows for 3 heads")]
    [InlineData(Mixtral, "llama.block_count", int.MaxValue, "key 'llama.block_count': expected at most")]
    [InlineData(Phi3, "phi3.rope.scaling.original_context_length", null, "key 'phi3.rope.scaling.original_context_length': expected a positive integer, found none")]
    [InlineData(Phi3, "phi3.rope.dimension_count", 16, "tensor 'rope_factors_long.weight': expected 8 divisors of frequencies, found shape")]
    [InlineData(Phi3, "phi3.attention.key_length", 16, "key 'phi3.attention.key_length': expected 32 / 4")]
    [InlineData(Bloom, "bloom.attention.head_count", 5, "key 'bloom.attention.head_count': expected a divisor of the hidden size 32, found 5")]
    [InlineData(Bloom, "bloom.attention.layer_norm_epsilon", null, "key 'bloom.attention.layer_norm_epsilon': expected a number, found none")]
    [InlineData(Mamba2, "mamba2.ssm.time_step_rank", 7, "key 'mamba2.ssm.time_step_rank': expected a divisor of 'mamba2.ssm.inner_size' = 64, found 7")]
    [InlineData(Mamba2, "mamba2.ssm.inner_size", null, "key 'mamba2.ssm.inner_size': expected a positive integer, found none")]
    [InlineData(Gemma3, "gemma3.attention.sliding_window_pattern", new[] { true }, "key 'gemma3.attention.sliding_window_pattern': expected one for each of 3 layers, found 1")]
    [InlineData(Gemma3, "gemma3.attention.sliding_window", -4, "key 'gemma3.attention.sliding_window': expected a number of tokens, found -4")]
    [InlineData(Roberta, "tokenizer.ggml.padding_token_id", 9, "tensor 'token_embd.weight': expected a row for the padding id 9, found 8 rows")]
    [InlineData(Roberta, "bert.pooling_type", 9, "key 'bert.pooling_type': expected a kind of pooling from 0 to 4, found 9")]
    [InlineData(DistilBert, "tokenizer.ggml.token_type_count", 2, "tensor 'token_types.weight': expected a row for each of 2 kinds of tokens ('tokenizer.ggml.token_type_count'), found none")]
    [InlineData(DeepSeek, "deepseek2.expert_gating_func", 1, "key 'deepseek2.expert_gating_func': expected 2 (sigmoid)")]
    [InlineData(DeepSeek, "deepseek2.attention.key_length_mla", 4, "key 'deepseek2.attention.key_length_mla': expected more than the 4 dimensions that turn, found 4")]
    [InlineData(DeepSeek, "deepseek2.attention.kv_lora_rank", 4, "tensor 'blk.0.attn_k_b.weight': expected shape [2, 4, 4], as the configuration has it, found [2, 8, 4]")]
    [InlineData(T5, "t5.decoder_block_count", int.MaxValue, "key 't5.decoder_block_count': expected at most 65536, found 2147483647")]
    [InlineData(T5, "t5.attention.key_length", null, "key 't5.attention.key_length': expected a positive integer, found none")]
    public void Refuses_metadata_that_does_not_fit_by_key_or_tensor(string config, string key, object? value, string expected)
    {
        Change(Write(config), key, value);
        string message = Assert.Throws<ModelFileException>(() => ModelFile.Open(_folder["changed.gguf"])).Message;
        Assert.StartsWith($"file: {_folder["changed.gguf"]}, {expected}", message);
    }

    [Theory]
    [InlineData("model.layers.0.block_sparse_moe.experts.1.w3.weight", "'block_sparse_moe.experts.1.w3.weight'")]
    [InlineData("model.layers.0.self_attn.q_proj.weight", null)]
    public void An_expert_that_is_missing_is_named_when_the_others_are_written(string name, string? mentioned)
    {
        using MemorySource tensors = TensorsOf(ModelConfig.Parse(System.Text.Encoding.UTF8.GetBytes(Mixtral), "config.json"));
        tensors.Tensors.Remove(name);
        void WriteIt() => ModelFile.WriteGguf(_folder["model.gguf"], ModelConfig.Parse(System.Text.Encoding.UTF8.GetBytes(Mixtral), "config.json"), tensors, KnownGgufTypes.F32);
        if (mentioned is not null)
        {
            Assert.Contains(mentioned, Assert.Throws<ModelFileException>(WriteIt).Message);
            Assert.False(File.Exists(_folder["model.gguf"]));
            return;
        }

        // What a model needs is the model's own knowledge: its loader names what a file lacks.
        WriteIt();
        using ModelFile file = ModelFile.Open(_folder["model.gguf"]);
        Assert.DoesNotContain(name, file.Tensors.Names);
    }

    [Fact]
    public void The_missing_half_of_a_latent_projection_is_named()
    {
        byte[] bytes = File.ReadAllBytes(Write(DeepSeek));
        "attn_x_b"u8.CopyTo(bytes.AsSpan(bytes.AsSpan().IndexOf("attn_v_b"u8)));
        File.WriteAllBytes(_folder["changed.gguf"], bytes);
        string message = Assert.Throws<ModelFileException>(() => ModelFile.Open(_folder["changed.gguf"])).Message;
        Assert.Contains("tensor 'blk.0.attn_k_b.weight': expected 'attn_v_b.weight' of the same layer beside it, found none", message);
    }

    [Fact]
    public void A_tensor_without_a_place_is_named()
    {
        ModelConfig config = ModelConfig.Parse(System.Text.Encoding.UTF8.GetBytes(Mixtral), "config.json");
        using MemorySource tensors = TensorsOf(config);
        tensors.Tensors["model.layers.0.extra.weight"] = [2];
        string message = Assert.Throws<ModelFileException>(() => ModelFile.WriteGguf(_folder["model.gguf"], config, tensors, KnownGgufTypes.F32)).Message;
        Assert.Contains("'model.layers.0.extra.weight': has no place in a GGUF file of architecture llama", message);
    }

    [Fact]
    public void Windows_that_no_period_describes_are_listed()
    {
        using GgufFile file = GgufFile.Open(Write(Gemma3));
        Assert.True(file.Metadata.TryGetValue("gemma3.attention.sliding_window_pattern", out object? pattern));
        Assert.Equal(new[] { false, true, true }, pattern);
        using ModelFile model = ModelFile.Open(_folder["model.gguf"]);
        Assert.Equal(["full_attention", "sliding_attention", "sliding_attention"], model.Config.FindStrings("layer_types"));
    }

    [Fact]
    public void Experts_of_few_bits_stay_so()
    {
        ModelConfig config = ModelConfig.Parse(System.Text.Encoding.UTF8.GetBytes(Mixtral), "config.json");
        using MemorySource tensors = TensorsOf(config);
        ModelFile.WriteGguf(_folder["model.gguf"], config, tensors, KnownGgufTypes.Q8);
        using ModelFile file = ModelFile.Open(_folder["model.gguf"]);
        const string Name = "model.layers.0.block_sparse_moe.experts.2.w1.weight";
        Attune.Tensors.Backends.IBlockMatrix blocks = file.Tensors.TryOpenBlocks(Name)!;
        Assert.Equal((32, 32), (blocks.Rows, blocks.Columns));
        float[] expected = file.Tensors.ReadFloat32(Name);
        var codes = new byte[32];
        var scales = new float[1];
        var offsets = new float[1];
        blocks.ReadRows(5, codes, scales, offsets);
        Assert.Equal(expected[(5 * 32)..(6 * 32)], codes.Select(code => (code - blocks.Format.Zero) * scales[0]));
    }

    [Fact]
    public void Files_with_a_tensor_for_each_expert_are_read()
    {
        using GgufFile file = GgufFile.Open(Write(Mixtral));
        (string Name, string Of, int Expert)[] parts =
        [
            .. from name in file.Names
               let isStack = name.Contains("_exps.", StringComparison.Ordinal)
               from expert in Enumerable.Range(0, isStack ? 3 : 1)
               select (isStack ? name.Replace("_exps.", $".{expert}.", StringComparison.Ordinal) : name, name, expert),
        ];
        using (GgufWriter writer = GgufWriter.Create(
            _folder["old.gguf"], file.Metadata, [.. parts.Select(part => new GgufTensor(part.Name, part.Name == part.Of ? file.Info(part.Of).Shape : [32, 32], KnownGgufTypes.F32))]))
        {
            foreach ((string name, string of, int expert) in parts)
            {
                byte[] bytes = file.ReadBytes(of);
                int size = name == of ? bytes.Length : bytes.Length / 3;
                writer.WriteRaw(name, 0, bytes.AsSpan(expert * size, size));
            }

            writer.Commit();
        }

        using ModelFile usual = ModelFile.Open(_folder["model.gguf"]);
        using ModelFile old = ModelFile.Open(_folder["old.gguf"]);
        Assert.Contains("blk.0.ffn_down.2.weight", parts.Select(part => part.Name));
        Assert.Equal(usual.Tensors.Names.Order(StringComparer.Ordinal), old.Tensors.Names.Order(StringComparer.Ordinal));
        Assert.All(usual.Tensors.Names, name => Assert.Equal(usual.Tensors.ReadBytes(name), old.Tensors.ReadBytes(name)));
    }

    [Theory]
    [InlineData(Mixtral)]
    [InlineData(Mamba2)]
    [InlineData(Roberta)]
    [InlineData(DeepSeek)]
    [InlineData(T5)]
    public void Answers_damaged_models_with_typed_errors_only(string config) => Damage(config, Fuzz.Quick);

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData(Mixtral)]
    [InlineData(Mamba2)]
    [InlineData(Roberta)]
    [InlineData(DeepSeek)]
    [InlineData(T5)]
    public void Answers_much_damaged_models_with_typed_errors_only(string config) => Damage(config, Fuzz.Slow);

    private void Damage(string config, int count)
    {
        byte[] original = File.ReadAllBytes(Write(config));
        int refused = Mutations.Run(original, 2_400, count, _folder["mutant"], path =>
        {
            using ModelFile mutant = ModelFile.Open(path);
            foreach (string name in mutant.Tensors.Names)
            {
                mutant.Tensors.ReadBytes(name);
            }
        });
        Assert.InRange(refused, count / 3, count);
    }

    private string Write(string json)
    {
        ModelConfig config = ModelConfig.Parse(System.Text.Encoding.UTF8.GetBytes(json), "config.json");
        using MemorySource tensors = TensorsOf(config);
        var tokenizer = new GgufTokenizerSource("gpt2", [.. Enumerable.Range(0, 10).Select(id => $"t{id}")]) { PadTokenId = 1 };
        ModelFile.WriteGguf(_folder["model.gguf"], config, tensors, KnownGgufTypes.F32, config.ModelType == "roberta" ? new GgufTextSide { Tokenizer = tokenizer } : null);
        return _folder["model.gguf"];
    }

    private void Change(string path, string key, object? value)
    {
        using GgufFile good = GgufFile.Open(path);
        var metadata = new GgufMetadata();
        foreach ((string name, object old) in good.Metadata.Pairs.Where(pair => pair.Key != key))
        {
            metadata[name] = old;
        }

        if (value is not null)
        {
            metadata[key] = value;
        }

        using GgufWriter writer = GgufWriter.Create(_folder["changed.gguf"], metadata, [.. good.Tensors]);
        foreach (string name in good.Names)
        {
            writer.WriteRaw(name, 0, good.ReadBytes(name));
        }

        writer.Commit();
    }

    private static MemorySource TensorsOf(ModelConfig config) => new(config.ModelType switch
    {
        "mixtral" =>
        [
            ("model.embed_tokens.weight", [8, 32]), ("model.norm.weight", [32]), ("lm_head.weight", [8, 32]),
            .. Attention(0),
            .. from expert in Enumerable.Range(0, 3) from part in new[] { "w1", "w2", "w3" } select ($"model.layers.0.block_sparse_moe.experts.{expert}.{part}.weight", new Shape(32, 32)),
            ("model.layers.0.block_sparse_moe.gate.weight", [3, 32]),
        ],
        "phi3" => [("model.embed_tokens.weight", [8, 32]), ("lm_head.weight", [8, 32]), ("model.layers.0.self_attn.qkv_proj.weight", [64, 32])],
        "bloom" => [("transformer.word_embeddings.weight", [8, 32]), ("transformer.h.0.self_attention.query_key_value.weight", [96, 32])],
        "mamba2" =>
        [
            ("backbone.embeddings.weight", [8, 32]), ("backbone.layers.0.mixer.A_log", [8]), ("backbone.layers.0.mixer.D", [8]),
            ("backbone.layers.0.mixer.conv1d.weight", [80, 1, 4]), ("backbone.layers.0.mixer.norm.weight", [64]), ("backbone.layers.0.mixer.in_proj.weight", [152, 32]),
        ],
        "roberta" =>
        [
            ("embeddings.word_embeddings.weight", [8, 32]), ("embeddings.position_embeddings.weight", [18, 32]), ("embeddings.token_type_embeddings.weight", [1, 32]),
            ("encoder.layer.0.attention.self.query.weight", [32, 32]), ("encoder.layer.0.attention.self.query.bias", [32]),
        ],
        "distilbert" => [("embeddings.word_embeddings.weight", [8, 32]), ("embeddings.position_embeddings.weight", [16, 32]), ("embeddings.LayerNorm.weight", [32])],
        "deepseek_v3" =>
        [
            ("model.embed_tokens.weight", [8, 32]), ("lm_head.weight", [8, 32]), ("model.layers.0.self_attn.kv_b_proj.weight", [16, 8]), ("model.layers.0.mlp.gate.weight", [2, 32]),
            ("model.layers.0.mlp.gate.e_score_correction_bias", [2]), ("model.layers.1.eh_proj.weight", [32, 64]),
            .. from expert in Enumerable.Range(0, 2) from part in new[] { "gate_proj", "up_proj", "down_proj" } select ($"model.layers.0.mlp.experts.{expert}.{part}.weight", new Shape(32, 32)),
        ],
        "t5" =>
        [
            ("shared.weight", [8, 32]), ("encoder.block.0.layer.0.SelfAttention.q.weight", [32, 32]), ("encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", [32, 4]),
            ("decoder.block.0.layer.1.EncDecAttention.k.weight", [32, 32]), ("decoder.block.0.layer.2.DenseReluDense.wi.weight", [32, 32]), ("encoder.final_layer_norm.weight", [32]),
        ],
        _ => [("model.embed_tokens.weight", [8, 32]), ("model.norm.weight", [32]), .. Enumerable.Range(0, 3).SelectMany(Attention)],
    });

    private static IEnumerable<(string Name, Shape Shape)> Attention(int layer) =>
    [
        ($"model.layers.{layer}.self_attn.q_proj.weight", [32, 32]), ($"model.layers.{layer}.self_attn.k_proj.weight", [16, 32]),
        ($"model.layers.{layer}.self_attn.v_proj.weight", [16, 32]), ($"model.layers.{layer}.self_attn.o_proj.weight", [32, 32]),
    ];

    /// <summary>Tensors whose elements count from some number on.</summary>
    private sealed class MemorySource(IEnumerable<(string Name, Shape Shape)> tensors) : ITensorSource
    {
        public Dictionary<string, Shape> Tensors { get; } = tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Shape);

        public string Location => "memory";

        public IReadOnlyCollection<string> Names => Tensors.Keys;

        public bool TryGetInfo(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TensorInfo? info)
        {
            info = Tensors.TryGetValue(name, out Shape shape) ? new TensorInfo(name, DType.F32, shape) : null;
            return info is not null;
        }

        public void Read(string name, long byteOffset, Span<byte> destination)
        {
            Span<float> values = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(destination);
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = MathF.Sin(name.Length + (byteOffset / sizeof(float)) + i);
            }
        }

        public void Dispose()
        {
            // Nothing is open.
        }
    }
}
