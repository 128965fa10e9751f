using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>How the models of one <c>general.architecture</c> of GGUF map to Hugging Face's configuration keys and weight names.</summary>
/// <param name="name">The value of <c>general.architecture</c>, which also begins its metadata keys.</param>
/// <param name="modelTypes">The values of Hugging Face's <c>model_type</c> that it covers; files are read as the first.</param>
/// <param name="architectureClass">Class name of the first of them.</param>
public abstract class GgufArchitecture(string name, IReadOnlyList<string> modelTypes, string architectureClass)
{
    private const string LayerGguf = "blk.";

    private const string LayerHuggingFace = "model.layers.";

    private static readonly (string Gguf, string HuggingFace)[] Outer =
        [("token_embd", "model.embed_tokens"), ("output_norm", "model.norm"), ("output", "lm_head")];

    private static readonly (string Gguf, string HuggingFace)[] Inner =
    [
        ("attn_norm", "input_layernorm"), ("attn_q", "self_attn.q_proj"), ("attn_k", "self_attn.k_proj"), ("attn_v", "self_attn.v_proj"), ("attn_output", "self_attn.o_proj"),
        ("attn_q_norm", "self_attn.q_norm"), ("attn_k_norm", "self_attn.k_norm"),
        ("ffn_norm", "post_attention_layernorm"), ("ffn_gate", "mlp.gate_proj"), ("ffn_up", "mlp.up_proj"), ("ffn_down", "mlp.down_proj"),
    ];

    /// <summary>The value of <c>general.architecture</c>.</summary>
    public string Name => name;

    /// <summary>The values of Hugging Face's <c>model_type</c> that it covers.</summary>
    public IReadOnlyList<string> ModelTypes => modelTypes;

    /// <summary>Class name for <c>architectures</c> in <c>config.json</c>.</summary>
    public string ArchitectureClass => architectureClass;

    /// <summary>Whether the rows of q and k stand in the order of the interleaved rotary form.</summary>
    public virtual bool PermutesQueryAndKey => false;

    /// <summary>The Hugging Face name of a tensor, or null when it has none.</summary>
    public static string? ToHuggingFace(string ggufName) => Rename(ggufName, LayerGguf, LayerHuggingFace, Outer, Inner);

    /// <summary>The GGUF name of a weight, or null when it has none.</summary>
    public static string? ToGguf(string huggingFaceName) => Rename(
        huggingFaceName, LayerHuggingFace, LayerGguf, [.. Outer.Select(o => (o.HuggingFace, o.Gguf))], [.. Inner.Select(i => (i.HuggingFace, i.Gguf))]);

    /// <summary>Adds what only this architecture has to the configuration of a file that is read.</summary>
    internal virtual void ReadConfig(GgufFile file, JsonObject config)
    {
    }

    /// <summary>The permutation of a weight's rows, or null when they stand in order.</summary>
    internal RowPermutation? Permutation(string huggingFaceName, int heads, int keyValueHeads) =>
        !PermutesQueryAndKey ? null
        : huggingFaceName.Contains(".self_attn.q_proj.", StringComparison.Ordinal) ? new RowPermutation(heads)
        : huggingFaceName.Contains(".self_attn.k_proj.", StringComparison.Ordinal) ? new RowPermutation(keyValueHeads)
        : null;

    private static string? Rename(string name, string layer, string newLayer, ReadOnlySpan<(string From, string To)> outer, ReadOnlySpan<(string From, string To)> inner)
    {
        int dot = name.LastIndexOf('.');
        if (dot < 0 || name[dot..] is not (".weight" or ".bias"))
        {
            return null;
        }

        string stem = name[..dot];
        if (!stem.StartsWith(layer, StringComparison.Ordinal))
        {
            return Find(outer, stem) is string to ? to + name[dot..] : null;
        }

        int end = stem.IndexOf('.', layer.Length);
        return end > layer.Length && stem[layer.Length..end].All(char.IsAsciiDigit) && Find(inner, stem[(end + 1)..]) is string part
            ? $"{newLayer}{stem[layer.Length..end]}.{part}{name[dot..]}"
            : null;
    }

    private static string? Find(ReadOnlySpan<(string From, string To)> table, string name)
    {
        foreach ((string from, string to) in table)
        {
            if (from == name)
            {
                return to;
            }
        }

        return null;
    }
}
