using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;
using Attune.Nn.Blocks;
using Attune.Nn.FeedForward;
using Attune.Nn.Positions;
using Attune.Tensors;

namespace Attune.Models.Families;

/// <summary>MPT (MosaicML 2023): linear biases instead of positions, no biases of layers or norms.</summary>
internal static class Mpt
{
    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        DecoderConfig c = DecoderConfig.Read(config, epsilon: 1e-5, tied: true, padding: false);
        ModelConfig? settings = config.FindSection("attn_config");
        Activation activation = KnownActivations.Find("gelu")!;
        var options = new AttentionOptions(settings?.FindDouble("softmax_scale") ?? (1 / Math.Sqrt(c.HeadSize)))
        {
            AlibiSlopes = DecoderLayouts.Slopes(weights.Device, AlibiSlopes.Mpt(c.Heads, settings?.FindDouble("alibi_bias_max") ?? 8)),
        };
        WeightBuilder inner = weights.AtOptional("transformer");
        Embedding embedding = inner.Embedding("wte", c.VocabSize, c.HiddenSize);
        return new Decoder(weights, new DecoderParts
        {
            Config = c,
            Embedding = embedding,
            Blocks = c.Stack(inner.At("blocks"), (at, layer) =>
            {
                AttentionParts attention = c.BlockedAttention(at.At("attn"), layer, "Wqkv", "out_proj", bias: false) with
                {
                    Options = options,
                    Clip = settings?.FindDouble("clip_qkv"),
                };
                return new SequentialBlock(
                    at,
                    new Branch(at.LayerNorm("norm_1", c.HiddenSize, c.NormEpsilon, bias: false), new SelfAttention(at.At("attn").Path, attention)),
                    new Branch(
                        at.LayerNorm("norm_2", c.HiddenSize, c.NormEpsilon, bias: false), c.Mlp(at.At("ffn"), "up_proj", "down_proj", bias: false, activation)));
            }),
            FinalNorm = inner.LayerNorm("norm_f", c.HiddenSize, c.NormEpsilon, bias: false),
            Head = weights.Head("lm_head", embedding, c.TiedEmbedding),
            LoraTargets = ["Wqkv"],
        });
    }
}
