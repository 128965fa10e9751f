namespace Attune.Formats;

/// <summary>GPT-2: learned positions, fused projections whose weights Hugging Face holds as [in, out].</summary>
internal sealed class Gpt2Gguf() : GgufArchitecture("gpt2", ["gpt2"], "GPT2LMHeadModel")
{
    /// <summary>The settings of GPT-2 and its kin.</summary>
    public static GgufSettings Common { get; } = new()
    {
        Layers = ["n_layer", "num_hidden_layers"],
        Context = ["n_positions", "max_position_embeddings"],
        UsualContext = 1024,
        Hidden = ["n_embd", "hidden_size"],
        Inner = ["n_inner", "intermediate_size"],
        Heads = ["n_head", "num_attention_heads"],
        KeyValueHeads = [],
        HasHeadSize = false,
        Epsilon = ["layer_norm_epsilon"],
        UsualEpsilon = 1e-5,
        LayerNorm = true,
        Activation = ["activation_function"],
        Activations = ["gelu_new", "gelu_pytorch_tanh", "gelu_fast"],
        Tied = true,
    };

    internal override GgufSettings Settings => Common;

    internal override GgufRope? Rope => null;

    internal override GgufNames Names { get; } = Layout(TensorForm.Transposed);

    /// <summary>The names of GPT-2 and its kin, with what the weights of projections go through.</summary>
    public static GgufNames Layout(TensorForm weights) => new()
    {
        Prefix = "transformer.",
        Layers = "h.",
        Outer = [new Renamed("token_embd", "wte"), new Renamed("position_embd", "wpe"), new Renamed("output_norm", "ln_f")],
        Inner =
        [
            new Renamed("attn_norm", "ln_1"),
            new Renamed("attn_qkv", "attn.c_attn", weights, TensorForm.Same),
            new Renamed("attn_output", "attn.c_proj", weights, TensorForm.Same),
            new Renamed("ffn_norm", "ln_2"),
            new Renamed("ffn_up", "mlp.c_fc", weights, TensorForm.Same),
            new Renamed("ffn_down", "mlp.c_proj", weights, TensorForm.Same),
        ],
        Ignored = ["attn.bias", "attn.masked_bias"],
    };

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata) => RequireUsualScale(this, config);

    /// <summary>Refuses scales of scores that the architecture does not have.</summary>
    public static void RequireUsualScale(GgufArchitecture architecture, ModelConfig config)
    {
        architecture.Require(config, "scale_attn_weights", fallback: true, value: true);
        architecture.Require(config, "scale_attn_by_inverse_layer_idx", fallback: false, value: false);
    }
}
