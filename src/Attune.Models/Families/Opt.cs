using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;
using Attune.Nn.Blocks;
using Attune.Nn.FeedForward;
using Attune.Tensors;

namespace Attune.Models.Families;

/// <summary>OPT (Zhang et al. 2022): learned positions from row 2 on, ReLU, norms before or (350M) behind each part.</summary>
internal static class Opt
{
    private const int PositionOffset = 2;
    private const double Epsilon = 1e-5;

    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        DecoderConfig c = DecoderConfig.Read(config, epsilon: Epsilon, tied: true);
        bool before = config.GetBoolean("do_layer_norm_before", true);
        bool bias = config.GetBoolean("enable_bias", true);
        bool finalNorm = before && !config.GetBoolean("_remove_final_layer_norm", false);
        int width = config.GetWidth("word_embed_proj_dim", c.HiddenSize);
        Activation activation = Activations.FromConfig(config, "activation_function", "relu");
        WeightBuilder inner = weights.AtOptional("model").At("decoder");
        Embedding embedding = inner.Embedding("embed_tokens", c.VocabSize, width, c.PaddingId);
        return new Decoder(weights, new DecoderParts
        {
            Config = c,
            Embedding = embedding,
            ProjectIn = width == c.HiddenSize ? null : inner.Linear("project_in", width, c.HiddenSize, bias: false),
            Positions = inner.Embedding("embed_positions", (long)c.MaxPositions + PositionOffset, c.HiddenSize),
            PositionOffset = PositionOffset,
            Blocks = c.Stack(inner.At("layers"), (at, layer) =>
            {
                var attention = new SelfAttention(at.At("self_attn").Path, c.SeparateAttention(at.At("self_attn"), layer, "out_proj", bias, bias));
                Mlp mlp = c.Mlp(at, "fc1", "fc2", bias, activation);
                return before
                    ? new SequentialBlock(at, new Branch(Norm(config, at, "self_attn_layer_norm", c), attention), new Branch(Norm(config, at, "final_layer_norm", c), mlp))
                    : new PostNormBlock(at, attention, Norm(config, at, "self_attn_layer_norm", c, DType.F32), mlp, Norm(config, at, "final_layer_norm", c, DType.F32));
            }),
            FinalNorm = finalNorm ? Norm(config, inner, "final_layer_norm", c) : null,
            ProjectOut = width == c.HiddenSize ? null : inner.Linear("project_out", c.HiddenSize, width, bias: false),
            Head = weights.Head("lm_head", embedding, c.TiedEmbedding),
        });
    }

    private static LayerNorm Norm(ModelConfig config, WeightBuilder at, string name, DecoderConfig c, DType? dtype = null) =>
        config.GetBoolean("layer_norm_elementwise_affine", true)
            ? at.LayerNorm(name, c.HiddenSize, c.NormEpsilon, dtype: dtype)
            : new LayerNorm(at.At(name).Path, c.HiddenSize, null, null, c.NormEpsilon, dtype ?? at.Options.Compute);
}
