using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Autograd;

namespace Attune.Models.Families;

/// <summary>Settings of a Llama model under the names of its config.json.</summary>
public sealed record LlamaConfig
{
    /// <summary>Rows of the embedding: V.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Width of the hidden states: C.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width of the gated layer: I.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Query heads: H.</summary>
    public required int Heads { get; init; }

    /// <summary>Key-value heads: K, a divisor of H.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Head size: D.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Added to the mean square before the root.</summary>
    public required double NormEpsilon { get; init; }

    /// <summary>Whether the output layer is the embedding.</summary>
    public required bool TiedEmbedding { get; init; }

    /// <summary>Whether the attention's projections have biases.</summary>
    public required bool AttentionBias { get; init; }

    /// <summary>Whether the gated layer's projections have biases.</summary>
    public required bool MlpBias { get; init; }

    /// <summary>The longest sequence that the model was made for, in tokens.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>The id whose embedding gets no gradient from look-ups; -1 for none.</summary>
    public required int PaddingId { get; init; }
}

/// <summary>Llama (Touvron et al. 2023): pre-normalised blocks of grouped-query attention with rotary positions and a gated layer with SiLU.</summary>
public sealed class LlamaModel : CausalLmModel
{
    private readonly Embedding _embedding;
    private readonly LlamaBlock[] _blocks;
    private readonly RmsNorm _norm;
    private readonly RotaryEmbedding _rotary;

    private LlamaModel(LlamaConfig config, RotaryEmbedding rotary, WeightBuilder weights)
        : base(weights.Device, weights.Options.Compute)
    {
        _rotary = rotary;
        WeightBuilder inner = weights.At("model");
        _embedding = Add(inner.Embedding("embed_tokens", config.VocabSize, config.HiddenSize, config.PaddingId));
        _blocks = new LlamaBlock[config.Layers];
        for (int i = 0; i < config.Layers; i++)
        {
            _blocks[i] = Add(new LlamaBlock(config, rotary, inner.At("layers").At($"{i}"), i));
        }

        _norm = Add(inner.RmsNorm("norm", config.HiddenSize, config.NormEpsilon));
        Head = Add(config.TiedEmbedding ? weights.Tied("lm_head", _embedding) : weights.Linear("lm_head", config.HiddenSize, config.VocabSize, bias: false));
        Config = config;
    }

    /// <summary>The family's settings.</summary>
    public LlamaConfig Config { get; }

    /// <inheritdoc/>
    public override Linear Head { get; }

    /// <inheritdoc/>
    public override int VocabSize => Config.VocabSize;

    /// <inheritdoc/>
    public override int ContextTokens => Config.MaxPositions;

    /// <inheritdoc/>
    public override IReadOnlyList<string> DefaultLoraTargets { get; } = ["q_proj", "v_proj"];

    /// <summary>Makes a model from its configuration and weights.</summary>
    public static LlamaModel Load(ModelConfig config, WeightBuilder weights)
    {
        LlamaConfig settings = Read(config);
        if (settings.TiedEmbedding)
        {
            weights.Ignore("lm_head.weight");
        }

        for (int i = 0; i < settings.Layers; i++)
        {
            // Old checkpoints carry a table that is computed from the configuration.
            weights.Ignore($"model.layers.{i}.self_attn.rotary_emb.inv_freq");
        }

        return new LlamaModel(settings, Rotary.FromConfig(config, weights.Device, settings.HeadSize), weights);
    }

    /// <inheritdoc/>
    public override Tensor Hidden(ForwardPass pass)
    {
        _rotary.Prepare(pass.Tokens);
        Tensor h = _embedding.Forward(pass.Tokens.InputIds);
        pass.Observer?.Invoke(0, h);
        for (int i = 0; i < _blocks.Length; i++)
        {
            h = _blocks[i].Run(h, pass);
            pass.Observer?.Invoke(i + 1, h);
        }

        h = _norm.Forward(h);
        pass.Observer?.Invoke(-1, h);
        return h;
    }

    /// <inheritdoc/>
    public override KvCache CreateCache(int sequences, int capacity) =>
        new(Device, _blocks.Length, sequences, capacity, Config.KvHeads, Config.HeadSize, Compute);

    private static LlamaConfig Read(ModelConfig config)
    {
        int hidden = config.GetPositive("hidden_size");
        int heads = config.GetPositive("num_attention_heads");
        int kvHeads = config.GetPositive("num_key_value_heads", heads);
        if (heads % kvHeads != 0)
        {
            throw config.Wrong("num_key_value_heads", $"a divisor of num_attention_heads = {heads}");
        }

        if (config.GetString("hidden_act", "silu") != "silu")
        {
            throw config.Wrong("hidden_act", "\"silu\", the only activation of this family");
        }

        return new LlamaConfig
        {
            VocabSize = config.GetPositive("vocab_size"),
            HiddenSize = hidden,
            IntermediateSize = config.GetPositive("intermediate_size"),
            Layers = config.GetPositive("num_hidden_layers"),
            Heads = heads,
            KvHeads = kvHeads,
            HeadSize = config.GetPositive("head_dim", hidden / heads),
            NormEpsilon = config.GetDouble("rms_norm_eps", 1e-6),
            TiedEmbedding = config.GetBoolean("tie_word_embeddings", false),
            AttentionBias = config.GetBoolean("attention_bias", false),
            MlpBias = config.GetBoolean("mlp_bias", false),
            MaxPositions = config.GetPositive("max_position_embeddings", 2048),
            PaddingId = config.FindInt32("pad_token_id") ?? -1,
        };
    }
}

/// <summary>One block: attention and gated layer, each on normalised states and added to them.</summary>
internal sealed class LlamaBlock : Module
{
    private readonly RmsNorm _inputNorm;
    private readonly LlamaAttention _attention;
    private readonly RmsNorm _postNorm;
    private readonly LlamaMlp _mlp;
    private readonly Func<Tensor, ForwardPass, Tensor> _forward;

    public LlamaBlock(LlamaConfig config, RotaryEmbedding rotary, WeightBuilder weights, int layer)
        : base(weights.Path)
    {
        _inputNorm = Add(weights.RmsNorm("input_layernorm", config.HiddenSize, config.NormEpsilon));
        _attention = Add(new LlamaAttention(config, rotary, weights.At("self_attn"), layer));
        _postNorm = Add(weights.RmsNorm("post_attention_layernorm", config.HiddenSize, config.NormEpsilon));
        _mlp = Add(new LlamaMlp(config, weights.At("mlp")));
        _forward = Forward;
    }

    /// <summary>The block's output [N, C], with only the states that the backward pass needs kept.</summary>
    public Tensor Run(Tensor h, ForwardPass pass)
    {
        using StepScope scope = h.Device.Scope();
        return scope.Keep(pass.Recompute ? Checkpoint.Run(_forward, h, pass) : Forward(h, pass));
    }

    private Tensor Forward(Tensor h, ForwardPass pass)
    {
        h = _attention.Forward(_inputNorm.Forward(h), h, pass);
        return _mlp.Forward(_postNorm.Forward(h), h);
    }
}

/// <summary>Grouped-query attention with rotary positions.</summary>
internal sealed class LlamaAttention : Module
{
    private readonly LlamaConfig _config;
    private readonly RotaryEmbedding _rotary;
    private readonly AttentionOptions _options;
    private readonly int _layer;
    private readonly Linear _q;
    private readonly Linear _k;
    private readonly Linear _v;
    private readonly Linear _o;

    public LlamaAttention(LlamaConfig config, RotaryEmbedding rotary, WeightBuilder weights, int layer)
        : base(weights.Path)
    {
        _config = config;
        _rotary = rotary;
        _options = new AttentionOptions(1 / Math.Sqrt(config.HeadSize));
        _layer = layer;
        int queries = config.Heads * config.HeadSize;
        int keys = config.KvHeads * config.HeadSize;
        _q = Add(weights.Linear("q_proj", config.HiddenSize, queries, config.AttentionBias));
        _k = Add(weights.Linear("k_proj", config.HiddenSize, keys, config.AttentionBias));
        _v = Add(weights.Linear("v_proj", config.HiddenSize, keys, config.AttentionBias));
        _o = Add(weights.Linear("o_proj", queries, config.HiddenSize, config.AttentionBias));
    }

    /// <summary>The block's states [N, C] with the attention over their normalised form x added.</summary>
    public Tensor Forward(Tensor x, Tensor residual, ForwardPass pass)
    {
        Tensor q = _rotary.Forward(_q.Forward(x).Reshape(-1, _config.Heads, _config.HeadSize), pass.Tokens);
        Tensor k = _rotary.Forward(_k.Forward(x).Reshape(-1, _config.KvHeads, _config.HeadSize), pass.Tokens);
        Tensor v = _v.Forward(x).Reshape(-1, _config.KvHeads, _config.HeadSize);
        if (pass.Cache is { } cache)
        {
            (k, v) = cache.Store(_layer, k, v);
        }

        Tensor y = q.Attention(k, v, pass.Tokens.Layout, _options);
        return _o.Forward(y.Reshape(-1, _config.Heads * _config.HeadSize), residual);
    }
}

/// <summary>The gated layer: down(silu(gate(x)) up(x)).</summary>
internal sealed class LlamaMlp : Module
{
    private readonly Linear _gate;
    private readonly Linear _up;
    private readonly Linear _down;

    public LlamaMlp(LlamaConfig config, WeightBuilder weights)
        : base(weights.Path)
    {
        _gate = Add(weights.Linear("gate_proj", config.HiddenSize, config.IntermediateSize, config.MlpBias));
        _up = Add(weights.Linear("up_proj", config.HiddenSize, config.IntermediateSize, config.MlpBias));
        _down = Add(weights.Linear("down_proj", config.IntermediateSize, config.HiddenSize, config.MlpBias));
    }

    /// <summary>The block's states [N, C] with the gated layer's output for their normalised form x added.</summary>
    public Tensor Forward(Tensor x, Tensor residual) => _down.Forward(_gate.Forward(x).SwiGlu(_up.Forward(x)), residual);
}
