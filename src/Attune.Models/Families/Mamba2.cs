using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Blocks;
using Attune.Nn.StateSpace;

namespace Attune.Models.Families;

/// <summary>Mamba-2 (Dao and Gu 2024): blocks of one selective state space each, without attention.</summary>
internal static class Mamba2
{
    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        int width = config.GetWidth("hidden_size");
        Mamba2Sizes sizes = Sizes(config, width);
        var c = new DecoderConfig
        {
            VocabSize = config.GetPositive("vocab_size"),
            HiddenSize = width,
            IntermediateSize = sizes.InnerSize,
            Layers = config.GetCount("num_hidden_layers"),
            Heads = 1,
            KvHeads = 1,
            HeadSize = sizes.Channels,
            NormEpsilon = config.GetEpsilon("layer_norm_epsilon", 1e-5),
            TiedEmbedding = config.GetBoolean("tie_word_embeddings", false),
            MaxPositions = config.GetPositive("max_position_embeddings", 1 << 20),
            PaddingId = -1,
        };
        WeightBuilder inner = weights.AtOptional("backbone");
        Embedding embedding = inner.Embedding("embeddings", c.VocabSize, width);
        return new Decoder(weights, new DecoderParts
        {
            Config = c,
            Embedding = embedding,
            Blocks = c.Stack(inner.At("layers"), (at, layer) =>
                new SingleBlock(at, new Branch(at.RmsNorm("norm", width, c.NormEpsilon), Mixer(config, sizes, c, at.At("mixer"), layer)))),
            FinalNorm = inner.RmsNorm("norm_f", width, c.NormEpsilon),
            Head = weights.Head("lm_head", embedding, c.TiedEmbedding),
            LoraTargets = ["in_proj", "out_proj"],
        });
    }

    private static Mamba2Mixer Mixer(ModelConfig config, Mamba2Sizes sizes, DecoderConfig c, WeightBuilder at, int layer)
    {
        bool bias = config.GetBoolean("use_bias", false);
        var weights = new Mamba2Weights(
            at.Array("conv1d.weight", [sizes.Channels, 1, config.GetPositive("conv_kernel", 4)]),
            config.GetBoolean("use_conv_bias", true) ? at.Vector("conv1d.bias", sizes.Channels) : null,
            at.Vector("dt_bias", sizes.Heads),
            at.Vector("A_log", sizes.Heads),
            at.Vector("D", sizes.Heads));
        return new Mamba2Mixer(
            at.Path,
            layer,
            sizes,
            weights,
            at.Linear("in_proj", c.HiddenSize, sizes.InnerSize + sizes.Channels + sizes.Heads, bias),
            new GroupedRmsNorm(at.At("norm").Path, at.Vector("norm.weight", sizes.InnerSize), sizes.Groups, c.NormEpsilon, at.Options.Compute),
            at.Linear("out_proj", sizes.InnerSize, c.HiddenSize, bias));
    }

    private static Mamba2Sizes Sizes(ModelConfig config, int width)
    {
        int heads = config.GetCount("num_heads", 128);
        int groups = config.GetPositive("n_groups", 8);
        IReadOnlyList<double> limits = config.FindDoubles("time_step_limit") ?? [0, double.PositiveInfinity];
        if (limits.Count != 2)
        {
            throw config.Wrong("time_step_limit", "two numbers");
        }

        var sizes = new Mamba2Sizes(
            heads,
            HeadSizes.Require(config, "head_dim", config.GetPositive("head_dim", 64), heads),
            groups,
            HeadSizes.Require(config, "state_size", config.GetPositive("state_size", 128), groups),
            config.GetPositive("chunk_size", 256),
            limits[0],
            limits[1]);
        if (heads % groups != 0)
        {
            throw config.Wrong("n_groups", $"a divisor of num_heads = {heads}");
        }

        return config.GetDouble("expand", 2) * width == sizes.InnerSize ? sizes : throw config.Wrong("expand", $"num_heads head_dim / hidden_size = {(double)sizes.InnerSize / width}");
    }
}
