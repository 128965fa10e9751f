using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;
using Attune.Nn.Blocks;
using Attune.Nn.FeedForward;

namespace Attune.Models.Families;

/// <summary>GPT-BigCode (Allal et al. 2023; StarCoder): GPT-2 with one key-value head for all queries.</summary>
internal static class GptBigCode
{
    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        bool shared = config.GetBoolean("multi_query", true);
        DecoderConfig c = DecoderConfig.Read(config, epsilon: 1e-5, tied: true, padding: false);
        c = c with { KvHeads = shared ? 1 : c.Heads };
        Activation activation = Activations.FromConfig(config, "activation_function", "gelu_pytorch_tanh");
        return Gpt2.Build(c, weights, (at, layer) =>
        {
            WeightBuilder inner = at.At("attn");
            AttentionParts attention = shared
                ? c.BlockedAttention(inner, layer, "c_attn", "c_proj", bias: true)
                : c.GroupedAttention(inner, layer, "c_attn", "c_proj", bias: true);
            return new SequentialBlock(
                at,
                new Branch(
                    at.LayerNorm("ln_1", c.HiddenSize, c.NormEpsilon),
                    new SelfAttention(inner.Path, attention with { Options = attention.Options with { Scale = Gpt2.Scale(config, c, layer) } })),
                new Branch(at.LayerNorm("ln_2", c.HiddenSize, c.NormEpsilon), c.Mlp(at.At("mlp"), "c_fc", "c_proj", bias: true, activation)));
        });
    }
}
