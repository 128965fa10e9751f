using Attune.Formats;

namespace Attune.Models.Decoders;

/// <summary>The settings that all decoders have, whatever their families call them.</summary>
public sealed record DecoderConfig
{
    /// <summary>Rows of the embedding: V.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Width of the hidden states: C.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width between the projections of a feed-forward layer: I.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Query heads: H.</summary>
    public required int Heads { get; init; }

    /// <summary>Key-value heads: K, a divisor of H.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Head size: D.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Added to the variance or the mean square of norms.</summary>
    public required double NormEpsilon { get; init; }

    /// <summary>Whether the output layer is the embedding.</summary>
    public required bool TiedEmbedding { get; init; }

    /// <summary>The longest sequence that the model was made for, in tokens.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>The id whose embedding gets no gradient from look-ups; -1 for none.</summary>
    public required int PaddingId { get; init; }

    /// <summary>Reads the settings under any of the names that they have.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="epsilon">The family's epsilon for files that give none.</param>
    /// <param name="tied">Whether the family's output layer is the embedding in files that do not say.</param>
    /// <param name="padding">Whether the family's embedding gives no gradient to the padding id.</param>
    /// <param name="headSize">The family's head size for files that give none; null for hidden size / heads.</param>
    /// <exception cref="ModelFileException">A setting is missing or out of its range.</exception>
    public static DecoderConfig Read(ModelConfig config, double epsilon = 1e-6, bool tied = false, bool padding = true, int? headSize = null)
    {
        int hidden = config.GetWidth(config.Present("hidden_size", "n_embd", "n_embed", "d_model"));
        string headsKey = config.Present("num_attention_heads", "n_head", "n_heads", "num_heads");
        int heads = config.GetCount(headsKey);
        int kvHeads = config.GetPositive("num_key_value_heads", heads);
        if (heads % kvHeads != 0)
        {
            throw config.Wrong("num_key_value_heads", $"a divisor of {headsKey} = {heads}");
        }

        if (headSize is null && !config.Has("head_dim") && hidden % heads != 0)
        {
            throw config.Wrong(headsKey, $"a divisor of the hidden size {hidden}");
        }

        return new DecoderConfig
        {
            VocabSize = config.GetPositive("vocab_size"),
            HiddenSize = hidden,
            IntermediateSize = config.FindWidth(config.Present("intermediate_size", "n_inner", "ffn_dim", "ffn_hidden_size")) ?? (4 * hidden),
            Layers = config.GetCount(config.Present("num_hidden_layers", "n_layer", "n_layers", "num_layers")),
            Heads = heads,
            KvHeads = kvHeads,
            HeadSize = HeadSizes.Require(config, "head_dim", config.GetPositive("head_dim", headSize ?? (hidden / heads)), heads),
            NormEpsilon = config.GetEpsilon(config.Present("rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon", "norm_epsilon"), epsilon),
            TiedEmbedding = config.GetBoolean("tie_word_embeddings", tied),
            MaxPositions = config.GetPositive(config.Present("max_position_embeddings", "n_positions", "max_seq_len", "seq_length"), 2048),
            PaddingId = padding ? config.FindInt32("pad_token_id") ?? -1 : -1,
        };
    }
}
