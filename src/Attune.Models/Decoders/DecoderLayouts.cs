using Attune.Nn;
using Attune.Nn.Attention;
using Attune.Nn.Blocks;
using Attune.Nn.FeedForward;
using Attune.Tensors;

namespace Attune.Models.Decoders;

/// <summary>The parts of decoders in the layouts that files have them in.</summary>
internal static class DecoderLayouts
{
    extension(DecoderConfig c)
    {
        /// <summary>The blocks, made in order, each from its place in the weights and its index.</summary>
        public Block[] Stack(WeightBuilder layers, Func<WeightBuilder, int, Block> block)
        {
            var blocks = new Block[c.Layers];
            for (int i = 0; i < blocks.Length; i++)
            {
                blocks[i] = block(layers.At($"{i}"), i);
            }

            return blocks;
        }

        /// <summary>Attention with one layer for each of queries, keys and values.</summary>
        public AttentionParts SeparateAttention(WeightBuilder at, int layer, string output, bool bias, bool outputBias) => c.Attention(
            layer,
            new SeparateQkv(at.Linear("q_proj", c.HiddenSize, c.QuerySize, bias), at.Linear("k_proj", c.HiddenSize, c.KeySize, bias), at.Linear("v_proj", c.HiddenSize, c.KeySize, bias)),
            at.Linear(output, c.QuerySize, c.HiddenSize, outputBias));

        /// <summary>Attention with one layer whose rows are all queries, then all keys, then all values.</summary>
        public AttentionParts BlockedAttention(WeightBuilder at, int layer, string fused, string output, bool bias, bool inputMajor = false) => c.Attention(
            layer,
            new BlockedQkv(at.Linear(fused, c.HiddenSize, c.QuerySize + (2 * c.KeySize), bias, inputMajor), c.Heads, c.KvHeads, c.HeadSize),
            at.Linear(output, c.QuerySize, c.HiddenSize, bias, inputMajor));

        /// <summary>Attention with one layer whose rows are, for each key-value head, its queries, its key, its value.</summary>
        public AttentionParts GroupedAttention(WeightBuilder at, int layer, string fused, string output, bool bias) => c.Attention(
            layer,
            new GroupedQkv(at.Linear(fused, c.HiddenSize, c.QuerySize + (2 * c.KeySize), bias), c.Heads, c.KvHeads, c.HeadSize),
            at.Linear(output, c.QuerySize, c.HiddenSize, bias));

        /// <summary>Two projections with an activation between them.</summary>
        public Mlp Mlp(WeightBuilder at, string up, string down, bool bias, Activation activation, bool inputMajor = false) => new(
            at.Path,
            at.Linear(up, c.HiddenSize, c.IntermediateSize, bias, inputMajor),
            at.Linear(down, c.IntermediateSize, c.HiddenSize, bias, inputMajor),
            activation);

        /// <summary>Rows of all queries: H D.</summary>
        private int QuerySize => c.Heads * c.HeadSize;

        /// <summary>Rows of all keys: K D.</summary>
        private int KeySize => c.KvHeads * c.HeadSize;

        private AttentionParts Attention(int layer, QkvProjection qkv, Linear output) => new()
        {
            Layer = layer,
            Heads = c.Heads,
            KvHeads = c.KvHeads,
            HeadSize = c.HeadSize,
            Qkv = qkv,
            Output = output,
            Options = new AttentionOptions(1 / Math.Sqrt(c.HeadSize)),
        };
    }

    /// <summary>Slopes of ALiBi on the device of a model.</summary>
    public static Tensor Slopes(Device device, float[] values)
    {
        Tensor slopes = device.Persistent([values.Length], DType.F32);
        slopes.CopyFrom<float>(values);
        return slopes;
    }
}
