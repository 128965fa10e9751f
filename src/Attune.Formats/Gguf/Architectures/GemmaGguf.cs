namespace Attune.Formats;

/// <summary>Gemma: norms are stored as 1 + w, the output layer is the embedding.</summary>
internal sealed class GemmaGguf() : GgufArchitecture("gemma", ["gemma"], "GemmaForCausalLM")
{
    /// <summary>What all Gemma models have in common.</summary>
    public static GgufSettings Common { get; } = GgufSettings.Llama with
    {
        UsualHeadSize = 256,
        UsualEpsilon = 1e-6,
        Tied = true,
        Activation = ["hidden_activation", "hidden_act"],
        Activations = ["gelu_pytorch_tanh", "gelu"],
    };

    internal override GgufSettings Settings { get; } = Common with { Activation = ["hidden_act", "hidden_activation"] };

    internal override GgufNames Names { get; } = Plus(GgufNames.LlamaLike, new Renamed("attn_norm", "input_layernorm", TensorForm.PlusOne), new Renamed("ffn_norm", "post_attention_layernorm", TensorForm.PlusOne));

    /// <summary>Names of which the norms are stored as 1 + w.</summary>
    public static GgufNames Plus(GgufNames names, params ReadOnlySpan<TensorRule> norms) => names.With(norms) with
    {
        Outer = [new Renamed("output_norm", "norm", TensorForm.PlusOne), .. names.Outer],
    };
}
