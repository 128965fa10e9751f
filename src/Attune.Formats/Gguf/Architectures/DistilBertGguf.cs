namespace Attune.Formats;

/// <summary>DistilBERT: BERT without kinds of tokens, by which its files are known.</summary>
internal sealed class DistilBertGguf() : BertFormGguf("distilbert", "DistilBertModel")
{
    internal override GgufSettings Settings { get; } = Common with
    {
        Layers = ["n_layers"],
        Hidden = ["dim"],
        Inner = ["hidden_dim"],
        Heads = ["n_heads"],
        Epsilon = [],
        Activation = ["activation"],
    };

    internal override GgufNames Names { get; } = Layout(TensorForm.Same) with
    {
        Layers = "transformer.layer.",
        Inner =
        [
            new Renamed("attn_q", "attention.q_lin"),
            new Renamed("attn_k", "attention.k_lin"),
            new Renamed("attn_v", "attention.v_lin"),
            new Renamed("attn_output", "attention.out_lin"),
            new Renamed("attn_output_norm", "sa_layer_norm"),
            new Renamed("ffn_up", "ffn.lin1"),
            new Renamed("ffn_down", "ffn.lin2"),
            new Renamed("layer_output_norm", "output_layer_norm"),
        ],
    };

    internal override bool Holds(GgufFile file) => TokenTypes(file) == 0;

    internal override void WriteConfig(ModelConfig config, GgufMetadata metadata) => WriteEncoder(metadata, tokenTypes: 1);
}
