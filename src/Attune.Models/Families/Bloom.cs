using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;
using Attune.Nn.Blocks;
using Attune.Nn.FeedForward;
using Attune.Nn.Positions;
using Attune.Tensors;

namespace Attune.Models.Families;

/// <summary>BLOOM (BigScience 2022): linear biases instead of positions, a norm behind the embedding.</summary>
internal static class Bloom
{
    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        DecoderConfig c = DecoderConfig.Read(config, epsilon: 1e-5, tied: true, padding: false);
        bool normed = config.GetBoolean("apply_residual_connection_post_layernorm", false);
        Activation activation = KnownActivations.Find("gelu_pytorch_tanh")!;
        var options = new AttentionOptions(1 / Math.Sqrt(c.HeadSize)) { AlibiSlopes = DecoderLayouts.Slopes(weights.Device, AlibiSlopes.Bloom(c.Heads)) };
        WeightBuilder inner = weights.AtOptional("transformer");
        Embedding embedding = inner.Embedding("word_embeddings", c.VocabSize, c.HiddenSize);
        return new Decoder(weights, new DecoderParts
        {
            Config = c,
            Embedding = embedding,
            EmbeddingNorm = inner.LayerNorm("word_embeddings_layernorm", c.HiddenSize, c.NormEpsilon, dtype: DType.F32),
            Blocks = c.Stack(inner.At("h"), (at, layer) =>
            {
                WeightBuilder place = at.At("self_attention");
                var attention = new SelfAttention(place.Path, c.GroupedAttention(place, layer, "query_key_value", "dense", bias: true) with { Options = options });
                return new SequentialBlock(
                    at,
                    new Branch(at.LayerNorm("input_layernorm", c.HiddenSize, c.NormEpsilon), attention, AddsToNormed: normed),
                    new Branch(
                        at.LayerNorm("post_attention_layernorm", c.HiddenSize, c.NormEpsilon),
                        c.Mlp(at.At("mlp"), "dense_h_to_4h", "dense_4h_to_h", bias: true, activation),
                        AddsToNormed: normed));
            }),
            FinalNorm = inner.LayerNorm("ln_f", c.HiddenSize, c.NormEpsilon),
            Head = weights.Head("lm_head", embedding, c.TiedEmbedding),
            LoraTargets = ["query_key_value"],
        });
    }
}
