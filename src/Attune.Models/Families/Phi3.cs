using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;
using Attune.Nn.FeedForward;
using Attune.Tensors;

namespace Attune.Models.Families;

/// <summary>Phi-3 and Phi-4 (Abdin et al. 2024): Llama with fused projections.</summary>
internal static class Phi3
{
    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        DecoderConfig c = DecoderConfig.Read(config, epsilon: 1e-5);
        var llama = new LlamaStyle(config, c, weights);
        RotaryEmbedding rotary = llama.Rotary();
        int window = config.FindPositive("sliding_window") ?? 0;
        return llama.Build(
            (at, layer) => llama.PreNormBlock(at, Attention(c, at.At("self_attn"), layer, rotary, window), GatedMlp(llama, at.At("mlp"))),
            parts => parts with { LoraTargets = ["qkv_proj"] });
    }

    private static AttentionParts Attention(DecoderConfig c, WeightBuilder at, int layer, RotaryEmbedding rotary, int window) => new()
    {
        Layer = layer,
        Heads = c.Heads,
        KvHeads = c.KvHeads,
        HeadSize = c.HeadSize,
        Qkv = new BlockedQkv(at.Linear("qkv_proj", c.HiddenSize, (c.Heads + (2 * c.KvHeads)) * c.HeadSize, bias: false), c.Heads, c.KvHeads, c.HeadSize),
        Output = at.Linear("o_proj", c.Heads * c.HeadSize, c.HiddenSize, bias: false),
        Rotary = rotary,
        Options = new AttentionOptions(1 / Math.Sqrt(c.HeadSize)) { Window = window },
    };

    private static FusedGatedMlp GatedMlp(LlamaStyle llama, WeightBuilder at)
    {
        DecoderConfig c = llama.Config;
        return new FusedGatedMlp(
            at.Path,
            at.Linear("gate_up_proj", c.HiddenSize, 2 * c.IntermediateSize, bias: false),
            at.Linear("down_proj", c.IntermediateSize, c.HiddenSize, bias: false),
            llama.Activation);
    }
}
