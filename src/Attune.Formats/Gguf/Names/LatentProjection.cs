namespace Attune.Formats;

/// <summary>
/// What makes keys and values of DeepSeek's latent states: in Hugging Face one matrix with, for each head, the rows of keys above those of values; in GGUF a matrix per head for keys, turned, and one
/// for values. Old files have Hugging Face's matrix.
/// </summary>
internal sealed class LatentProjection : TensorRule
{
    private const string Whole = "self_attn.kv_b_proj.weight";

    private const string Keys = "attn_k_b.weight";

    private const string Values = "attn_v_b.weight";

    private readonly Renamed _old = new("attn_kv_b", "self_attn.kv_b_proj");

    public override void ToHuggingFace(TensorGroup group)
    {
        _old.ToHuggingFace(group);
        if (group.Take(Keys) is var keys && group.Take(Values) is var values && keys is null && values is null)
        {
            return;
        }

        if (keys is null || values is null)
        {
            throw (keys ?? values)!.Bad($"expected '{(keys is null ? Keys : Values)}' of the same layer beside it, found none; the file was not written whole");
        }

        (int heads, long plain, long value, long latent) = Sizes(group.Config);
        Require(keys, heads, latent, plain);
        Require(values, heads, value, latent);
        var perHead = StackView.Of([.. Enumerable.Range(0, heads).Select(head => new JoinedRowsView(new TransposedView(keys.Slice(head)), values.Slice(head)))]);
        group.Give(Whole, perHead.Reshaped([heads * (plain + value), latent]));
    }

    public override void ToGguf(TensorGroup group)
    {
        if (group.Take(Whole) is not { } whole)
        {
            return;
        }

        (int heads, long plain, long value, long latent) = Sizes(group.Config);
        Require(whole, heads * (plain + value), latent);
        TensorView perHead = whole.Reshaped([heads, plain + value, latent]);
        group.Give(Keys, StackView.Of([.. Enumerable.Range(0, heads).Select(head => new TransposedView(new SliceView(perHead.Slice(head), 0, [plain, latent])))]));
        group.Give(Values, StackView.Of([.. Enumerable.Range(0, heads).Select(head => new SliceView(perHead.Slice(head), plain * latent, [value, latent]))]));
    }

    private static (int Heads, long Plain, long Value, long Latent) Sizes(ModelConfig config) =>
        (config.GetCount("num_attention_heads"), config.GetPositive("qk_nope_head_dim", 128), config.GetPositive("v_head_dim", 128), config.GetPositive("kv_lora_rank", 512));

    private static void Require(TensorView view, params long[] extents)
    {
        if (!view.Shape.ToArray().SequenceEqual(extents))
        {
            throw view.Bad($"expected shape [{string.Join(", ", extents)}], as the configuration has it, found {view.Shape}");
        }
    }
}
