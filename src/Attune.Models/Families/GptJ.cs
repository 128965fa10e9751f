using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;
using Attune.Nn.Blocks;
using Attune.Nn.FeedForward;

namespace Attune.Models.Families;

/// <summary>GPT-J (Wang and Komatsuzaki 2021): attention and feed-forward layer in parallel from one norm, positions of neighbouring pairs in a part of each head.</summary>
internal static class GptJ
{
    private const int UsualRotaryDimension = 64;

    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        DecoderConfig c = DecoderConfig.Read(config, epsilon: 1e-5, padding: false);
        Activation activation = Activations.FromConfig(config, "activation_function", "gelu_new");
        int rotated = config.GetPositive("rotary_dim", UsualRotaryDimension);
        RotaryEmbedding rotary = Rotary.FromConfig(config, weights.Device, c.HeadSize, interleaved: true, partial: (double)rotated / c.HeadSize);
        WeightBuilder inner = weights.AtOptional("transformer");
        Embedding embedding = inner.Embedding("wte", c.VocabSize, c.HiddenSize);
        return new Decoder(weights, new DecoderParts
        {
            Config = c,
            Embedding = embedding,
            Blocks = c.Stack(inner.At("h"), (at, layer) =>
            {
                WeightBuilder attn = at.At("attn");

                // Old checkpoints carry the causal mask.
                attn.Ignore("bias");
                attn.Ignore("masked_bias");
                AttentionParts attention = c.SeparateAttention(attn, layer, "out_proj", bias: false, outputBias: false) with { Rotary = rotary };
                return new ParallelBlock(
                    at.Path,
                    at.LayerNorm("ln_1", c.HiddenSize, c.NormEpsilon),
                    new SelfAttention(attn.Path, attention),
                    null,
                    c.Mlp(at.At("mlp"), "fc_in", "fc_out", bias: true, activation));
            }),
            FinalNorm = inner.LayerNorm("ln_f", c.HiddenSize, c.NormEpsilon),
            Head = weights.Head("lm_head", embedding, c.TiedEmbedding, bias: true),
        });
    }
}
