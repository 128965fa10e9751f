using System.Globalization;
using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;
using Attune.Nn.Blocks;
using Attune.Nn.FeedForward;

namespace Attune.Models.Families;

/// <summary>DeepSeek-V3 and R1 (DeepSeek-AI 2024): latent attention, mixtures of experts chosen in groups beside a layer that all tokens use.</summary>
internal static class DeepSeekV3
{
    /// <summary>The epsilon of the norms inside attention, which configurations do not give.</summary>
    private const double LatentEpsilon = 1e-6;

    private const int MostExtraLayers = 16;

    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        DecoderConfig c = DecoderConfig.Read(config);
        var sizes = new LatentSizes(
            c.Heads,
            config.GetWidth("qk_nope_head_dim", 128),
            config.GetWidth("qk_rope_head_dim", 64),
            config.GetWidth("v_head_dim", 128),
            config.GetWidth("kv_lora_rank", 512));
        HeadSizes.Require(config, "qk_nope_head_dim", sizes.PlainSize, c.Heads);
        HeadSizes.Require(config, "qk_rope_head_dim", sizes.RotarySize, c.Heads);
        HeadSizes.Require(config, "v_head_dim", sizes.ValueSize, c.Heads);
        HeadSizes.Require(config, "kv_lora_rank", sizes.LatentSize, 1);
        c = c with { KvHeads = c.Heads, HeadSize = sizes.HeadSize };

        // Published files have a layer behind the last that predicts the token after the next; transformers leaves it out, too.
        for (int extra = 0; extra < Math.Min(config.FindInt32("num_nextn_predict_layers") ?? 1, MostExtraLayers); extra++)
        {
            weights.At("model").At("layers").IgnoreBelow((c.Layers + (long)extra).ToString(CultureInfo.InvariantCulture));
        }

        var llama = new LlamaStyle(config, c, weights);
        RotaryEmbedding rotary = Rotary.FromConfig(config, weights.Device, sizes.RotarySize, interleaved: config.GetBoolean("rope_interleave", true));
        double scale = Scale(config, sizes);
        int dense = config.FindInt32("first_k_dense_replace") ?? 3;
        return llama.Build(
            (at, layer) => new SequentialBlock(
                at,
                new Branch(llama.Norm(at, "input_layernorm"), Attention(config, c, sizes, at.At("self_attn"), layer, rotary, scale)),
                new Branch(llama.Norm(at, "post_attention_layernorm"), layer < dense ? llama.GatedMlp(at.At("mlp")) : Mixture(config, llama, at.At("mlp")))),
            parts => parts with { LoraTargets = ["q_proj", "q_a_proj", "q_b_proj", "kv_a_proj_with_mqa", "kv_b_proj"] });
    }

    private static LatentAttention Attention(
        ModelConfig config, DecoderConfig c, LatentSizes sizes, WeightBuilder at, int layer, RotaryEmbedding rotary, double scale)
    {
        bool bias = config.GetBoolean("attention_bias", false);
        int width = sizes.Heads * sizes.HeadSize;
        LatentQueries queries = config.FindWidth("q_lora_rank") is { } rank
            ? new LatentQueries(at.Linear("q_a_proj", c.HiddenSize, rank, bias), at.RmsNorm("q_a_layernorm", rank, LatentEpsilon), at.Linear("q_b_proj", rank, width, bias: false))
            : new LatentQueries(null, null, at.Linear("q_proj", c.HiddenSize, width, bias: false));
        return new LatentAttention(
            at.Path,
            layer,
            sizes,
            queries,
            (at.Linear("kv_a_proj_with_mqa", c.HiddenSize, sizes.LatentSize + sizes.RotarySize, bias),
                at.RmsNorm("kv_a_layernorm", sizes.LatentSize, LatentEpsilon),
                at.Linear("kv_b_proj", sizes.LatentSize, sizes.Heads * (sizes.PlainSize + sizes.ValueSize), bias: false)),
            at.Linear("o_proj", sizes.Heads * sizes.ValueSize, c.HiddenSize, bias),
            rotary,
            scale);
    }

    private static MixtureOfExperts Mixture(ModelConfig config, LlamaStyle llama, WeightBuilder at)
    {
        (int count, int topK) = ExpertLayouts.Counts(config, topK: 8);
        int groups = config.GetPositive("n_group", 8);
        int topGroups = config.GetPositive("topk_group", 4);
        if (count % groups != 0 || topGroups > groups || topK > (long)topGroups * (count / groups))
        {
            throw config.Wrong("n_group", $"groups of equal size of the {count} experts, at least {topGroups} of them, that hold the {topK} experts of a token");
        }

        var options = new RouterOptions
        {
            TopK = topK,
            Sigmoid = true,
            Normalise = config.GetBoolean("norm_topk_prob", true),
            Scale = config.GetDouble("routed_scaling_factor", 2.5),
            Groups = groups,
            TopGroups = topGroups,
        };
        int width = config.GetWidth("moe_intermediate_size", 2048);
        return new MixtureOfExperts(
            at.Path,
            ExpertLayouts.Router(at.At("gate"), count, llama.Config.HiddenSize, options, correction: true),
            llama.Experts(at.At("experts"), count, width),
            llama.GatedMlp(at.At("shared_experts"), width: SharedWidth(config, width)));
    }

    private static int SharedWidth(ModelConfig config, int width)
    {
        int layers = config.GetPositive("n_shared_experts", 1);
        return layers <= int.MaxValue / width ? layers * width : throw config.Wrong("n_shared_experts", $"at most {int.MaxValue / width}");
    }

    /// <summary>1 / sqrt(D), and where positions are stretched (YaRN) times the square of the factor that keeps the scores' size.</summary>
    private static double Scale(ModelConfig config, LatentSizes sizes)
    {
        ModelConfig rope = config.Rope();
        double factor = rope.GetDouble("factor", 1);
        double stretch = rope.GetDouble("mscale_all_dim", 0);
        double gain = factor > 1 && stretch != 0 ? (0.1 * stretch * Math.Log(factor)) + 1 : 1;
        return gain * gain / Math.Sqrt(sizes.HeadSize);
    }
}
