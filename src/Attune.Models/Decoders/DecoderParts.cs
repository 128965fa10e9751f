using Attune.Nn;
using Attune.Nn.Blocks;

namespace Attune.Models.Decoders;

/// <summary>What a decoder is made of.</summary>
internal sealed record DecoderParts
{
    public required DecoderConfig Config { get; init; }

    /// <summary>Rows of the token ids.</summary>
    public required Embedding Embedding { get; init; }

    /// <summary>Factor of the token's rows.</summary>
    public double EmbeddingScale { get; init; } = 1;

    /// <summary>Brings the token's rows to the width of the states; null when they have it.</summary>
    public Linear? ProjectIn { get; init; }

    /// <summary>Rows that are added by position; null for none.</summary>
    public Embedding? Positions { get; init; }

    /// <summary>Row of position 0.</summary>
    public int PositionOffset { get; init; }

    /// <summary>Normalises the input of the first block; null for none.</summary>
    public Norm? EmbeddingNorm { get; init; }

    public required IReadOnlyList<Block> Blocks { get; init; }

    /// <summary>Normalises the output of the last block; null for none.</summary>
    public required Norm? FinalNorm { get; init; }

    /// <summary>Brings the states to the width of the output layer; null when they have it.</summary>
    public Linear? ProjectOut { get; init; }

    public required Linear Head { get; init; }

    public LogitTransform? LogitTransform { get; init; }

    /// <summary>The layers that LoRA adapts by default, as PEFT chooses them.</summary>
    public IReadOnlyList<string> LoraTargets { get; init; } = ["q_proj", "v_proj"];
}
