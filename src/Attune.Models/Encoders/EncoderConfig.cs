using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn.FeedForward;

namespace Attune.Models.Encoders;

/// <summary>Settings that encoders with normalisation behind each part share, under the names of BERT's config.json.</summary>
public sealed record EncoderConfig
{
    /// <summary>Rows of the embedding: V.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Width of the embeddings: E; differs from <see cref="HiddenSize"/> where they are projected.</summary>
    public required int EmbeddingSize { get; init; }

    /// <summary>Width of the hidden states: C.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width of the inner layer: I.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Heads: H.</summary>
    public required int Heads { get; init; }

    /// <summary>Rows of the table of positions.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Rows of the table of token types; 0 for none.</summary>
    public required int TokenTypes { get; init; }

    /// <summary>Added to the variance before the root.</summary>
    public required double NormEpsilon { get; init; }

    /// <summary>The function of the inner layer.</summary>
    public required Activation Activation { get; init; }

    /// <summary>The id whose embedding gets no gradient from look-ups; -1 for none.</summary>
    public required int PaddingId { get; init; }

    /// <summary>Row of the table of positions that the first token reads.</summary>
    public int FirstPosition { get; init; }

    /// <summary>Head size: D.</summary>
    public int HeadSize => HiddenSize / Heads;

    /// <summary>Reads BERT's spelling.</summary>
    /// <exception cref="ModelFileException">A setting is missing or out of its range.</exception>
    public static EncoderConfig Read(ModelConfig config)
    {
        int hidden = config.GetWidth("hidden_size");
        int heads = config.GetPositive("num_attention_heads");
        if (hidden % heads != 0)
        {
            throw config.Wrong("num_attention_heads", $"a divisor of hidden_size = {hidden}");
        }

        return new EncoderConfig
        {
            VocabSize = config.GetPositive("vocab_size"),
            EmbeddingSize = config.GetWidth("embedding_size", hidden),
            HiddenSize = hidden,
            IntermediateSize = config.GetWidth("intermediate_size"),
            Layers = config.GetCount("num_hidden_layers"),
            Heads = heads,
            MaxPositions = config.GetPositive("max_position_embeddings", 512),
            TokenTypes = config.FindInt32("type_vocab_size") ?? 0,
            NormEpsilon = config.GetEpsilon("layer_norm_eps", 1e-12),
            Activation = Activations.FromConfig(config, "hidden_act", "gelu"),
            PaddingId = config.FindInt32("pad_token_id") ?? 0,
        };
    }
}
