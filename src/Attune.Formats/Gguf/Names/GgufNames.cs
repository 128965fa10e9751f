using System.Globalization;

namespace Attune.Formats;

/// <summary>How the tensors of a family are called, and lie, in GGUF files and in Hugging Face folders.</summary>
internal sealed record GgufNames
{
    private const string GgufHead = "output";

    /// <summary>What most families have taken over from Llama, without what rotary positions want.</summary>
    public static GgufNames LlamaLike { get; } = new()
    {
        Prefix = "model.",
        Layers = "layers.",
        Outer = [new Renamed("token_embd", "embed_tokens"), new Renamed("output_norm", "norm")],
        Inner =
        [
            new Renamed("attn_norm", "input_layernorm"),
            new Renamed("attn_q", "self_attn.q_proj"),
            new Renamed("attn_k", "self_attn.k_proj"),
            new Renamed("attn_v", "self_attn.v_proj"),
            new Renamed("attn_output", "self_attn.o_proj"),
            new Renamed("attn_q_norm", "self_attn.q_norm"),
            new Renamed("attn_k_norm", "self_attn.k_norm"),
            new Renamed("ffn_norm", "post_attention_layernorm"),
            new Renamed("ffn_gate", "mlp.gate_proj"),
            new Renamed("ffn_up", "mlp.up_proj"),
            new Renamed("ffn_down", "mlp.down_proj"),
        ],
        Ignored = ["self_attn.rotary_emb.inv_freq"],
    };

    /// <summary>The same with the rows of queries and keys in the order of the interleaved rotary form.</summary>
    public static GgufNames Interleaved { get; } = LlamaLike.With(
        new Renamed("attn_q", "self_attn.q_proj", TensorForm.QueryRows), new Renamed("attn_k", "self_attn.k_proj", TensorForm.KeyRows));

    /// <summary>What all of Hugging Face's names but the output layer's begin with; some folders leave it out.</summary>
    public required string Prefix { get; init; }

    /// <summary>What stands before the number of a layer.</summary>
    public required string Layers { get; init; }

    /// <summary>Name of the output layer.</summary>
    public string Head { get; init; } = "lm_head";

    /// <summary>The tensors outside of layers.</summary>
    public required IReadOnlyList<TensorRule> Outer { get; init; }

    /// <summary>The tensors of a layer.</summary>
    public required IReadOnlyList<TensorRule> Inner { get; init; }

    /// <summary>A second stack of layers behind the first, such as a decoder; default: none.</summary>
    public LayerNames? Second { get; init; }

    /// <summary>What stands before the number of a layer in GGUF.</summary>
    public string GgufLayers { get; init; } = "blk.";

    /// <summary>How many layers of a folder go into the file; null (the default): all.</summary>
    public Func<ModelConfig, int>? LayerCount { get; init; }

    /// <summary>Tables in Hugging Face's layers that are computed from the configuration.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <summary>Tensors outside of Hugging Face's layers that such files leave out.</summary>
    public IReadOnlyList<string> IgnoredOutside { get; init; } = [];

    private IReadOnlyList<LayerNames> Stacks => [new LayerNames(GgufLayers, Layers, Inner), .. Second is null ? [] : new[] { Second }];

    /// <summary>A copy in which some rules of layers stand before all others, which then find nothing left.</summary>
    public GgufNames With(params ReadOnlySpan<TensorRule> first) => this with { Inner = [.. first, .. Inner] };

    /// <summary>Adds the tensors of a GGUF file under Hugging Face's names; what has no counterpart keeps its name, for the model's loader to name it.</summary>
    public void ToHuggingFace(ITensorSource file, IEnumerable<string> names, ModelConfig config, MappedTensorSource target)
    {
        foreach ((LayerNames? stack, string layer, Dictionary<string, TensorView> parts) in Group(file, names, "", static stack => stack.Gguf))
        {
            var group = new TensorGroup(config, parts, (part, view, rounding) => target.Add(stack is null ? Outside(part) : $"{Prefix}{stack.HuggingFace}{layer}.{part}", view, rounding));
            foreach (TensorRule rule in stack?.Rules ?? [new Renamed(GgufHead, Head), .. Outer])
            {
                rule.ToHuggingFace(group);
            }

            foreach (TensorView view in parts.Values)
            {
                target.Add(view.Origin.Name, view);
            }
        }
    }

    /// <summary>Adds the tensors of a Hugging Face folder under GGUF's names.</summary>
    /// <param name="folder">The folder's tensors.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="tied">Whether the output layer is the embedding, so that one of its own is left out.</param>
    /// <param name="architecture">What messages call the architecture.</param>
    /// <param name="target">Takes the tensors.</param>
    /// <exception cref="ModelFileException">A tensor has no place in such a file, or not the extents that the configuration says.</exception>
    public void ToGguf(ITensorSource folder, ModelConfig config, bool tied, string architecture, MappedTensorSource target)
    {
        foreach ((LayerNames? stack, string layer, Dictionary<string, TensorView> parts) in Group(folder, folder.Names, Prefix, static stack => stack.HuggingFace))
        {
            if (stack is not null && LayerCount is not null && !(int.TryParse(layer, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < LayerCount(config)))
            {
                continue;
            }

            if (stack is null && tied)
            {
                parts.Remove($"{Head}.weight");
            }

            var group = new TensorGroup(config, parts, (part, view, rounding) => target.Add(stack is null ? part : $"{stack.Gguf}{layer}.{part}", view, rounding));
            foreach (TensorRule rule in stack?.Rules ?? [new Renamed(GgufHead, Head), .. Outer])
            {
                rule.ToGguf(group);
            }

            foreach ((_, TensorView view) in parts.Where(part => !(stack is null ? IgnoredOutside : Ignored).Contains(part.Key)))
            {
                throw view.Bad($"has no place in a GGUF file of architecture {architecture}");
            }
        }
    }

    private string Outside(string part) => part.StartsWith($"{Head}.", StringComparison.Ordinal) ? part : Prefix + part;

    // Layers are those that names speak of, in the order of the source, whatever the configuration says. What is outside of layers has no stack.
    private IEnumerable<(LayerNames? Stack, string Layer, Dictionary<string, TensorView> Parts)> Group(
        ITensorSource source, IEnumerable<string> names, string prefix, Func<LayerNames, string> start)
    {
        IReadOnlyList<LayerNames> stacks = Stacks;
        var groups = new OrderedDictionary<(LayerNames? Stack, string Layer), Dictionary<string, TensorView>>();
        foreach (string name in names)
        {
            string part = name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : name;
            (LayerNames? Stack, string Layer) place = (null, "");
            foreach (LayerNames stack in stacks)
            {
                string layers = start(stack);
                int end = part.StartsWith(layers, StringComparison.Ordinal) ? part.IndexOf('.', layers.Length) : -1;
                if (end > layers.Length && part.AsSpan(layers.Length, end - layers.Length).IndexOfAnyExceptInRange('0', '9') < 0)
                {
                    (place, part) = ((stack, part[layers.Length..end]), part[(end + 1)..]);
                    break;
                }
            }

            if (!groups.TryGetValue(place, out Dictionary<string, TensorView>? parts))
            {
                groups.Add(place, parts = new Dictionary<string, TensorView>(StringComparer.Ordinal));
            }

            var view = new StoredView(source, name);
            if (!parts.TryAdd(part, view))
            {
                throw view.Bad($"a second tensor for '{part}'");
            }
        }

        return groups.Select(group => (group.Key.Stack, group.Key.Layer, group.Value));
    }
}
