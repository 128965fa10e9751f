using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;
using Attune.Nn.FeedForward;

namespace Attune.Models.Families;

/// <summary>Mixtral (Jiang et al. 2024): Mistral with a mixture of experts in each layer.</summary>
internal static class Mixtral
{
    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        var llama = new LlamaStyle(config, DecoderConfig.Read(config, epsilon: 1e-5), weights);
        RotaryEmbedding rotary = llama.Rotary(theta: 1_000_000);
        int window = config.FindPositive("sliding_window") ?? 0;
        (int experts, int topK) = ExpertLayouts.Counts(config, topK: 2);
        return llama.Build((at, layer) =>
        {
            AttentionParts attention = llama.Attention(at.At("self_attn"), layer);
            return llama.PreNormBlock(
                at, attention with { Rotary = rotary, Options = attention.Options with { Window = window } }, Mixture(llama, at.At("block_sparse_moe"), experts, topK));
        });
    }

    private static MixtureOfExperts Mixture(LlamaStyle llama, WeightBuilder at, int experts, int topK)
    {
        DecoderConfig c = llama.Config;
        Router router = ExpertLayouts.Router(at.At("gate"), experts, c.HiddenSize, new RouterOptions { TopK = topK, Normalise = true });
        IEnumerable<SubLayer> layers = Enumerable.Range(0, experts).Select(i => Expert(llama, at.At("experts").At($"{i}")));
        return new MixtureOfExperts(at.Path, router, new ExpertList(at.At("experts").Path, layers));
    }

    private static GatedMlp Expert(LlamaStyle llama, WeightBuilder at)
    {
        DecoderConfig c = llama.Config;
        return new GatedMlp(
            at.Path,
            at.Linear("w1", c.HiddenSize, c.IntermediateSize, bias: false),
            at.Linear("w3", c.HiddenSize, c.IntermediateSize, bias: false),
            at.Linear("w2", c.IntermediateSize, c.HiddenSize, bias: false),
            llama.Activation);
    }
}
