namespace Attune.Text;

/// <summary>How to encode.</summary>
public sealed record EncodeOptions
{
    /// <summary>Whether the post-processor adds its tokens. Default yes.</summary>
    public bool AddSpecialTokens { get; init; } = true;

    /// <summary>How encodings that are too long are cut; null leaves them long.</summary>
    public TruncationOptions? Truncation { get; init; }

    /// <summary>How encodings that are too short are filled; null leaves them short.</summary>
    public PaddingOptions? Padding { get; init; }
}

/// <summary>An end of a text.</summary>
public enum TextSide
{
    /// <summary>The start.</summary>
    Left,

    /// <summary>The end.</summary>
    Right,
}

/// <summary>Which text of a pair truncation shortens.</summary>
public enum TruncationStrategy
{
    /// <summary>The longer one, and when both are too long both to half of the length.</summary>
    LongestFirst,

    /// <summary>The first.</summary>
    OnlyFirst,

    /// <summary>The second.</summary>
    OnlySecond,
}

/// <summary>How encodings that are too long are cut; what is cut off becomes <see cref="Encoding.Overflow"/>.</summary>
public sealed record TruncationOptions
{
    /// <summary>Most tokens of an encoding, added ones included. Default 512.</summary>
    public int MaxLength { get; init; } = 512;

    /// <summary>Number of tokens that neighbouring parts share; less than what is left for the text. Default 0.</summary>
    public int Stride { get; init; }

    /// <summary>Which text is cut. Default the longer one.</summary>
    public TruncationStrategy Strategy { get; init; }

    /// <summary>At which end is cut. Default at the right.</summary>
    public TextSide Side { get; init; } = TextSide.Right;
}

/// <summary>How encodings that are too short are filled.</summary>
public sealed record PaddingOptions
{
    /// <summary>Tokens of every encoding; null means as many as the longest of the batch has.</summary>
    public int? Length { get; init; }

    /// <summary>The length is rounded up to a multiple of this; null for none.</summary>
    public int? MultipleOf { get; init; }

    /// <summary>Id of the token that fills. Default 0.</summary>
    public int PadId { get; init; }

    /// <summary>Type id of the token that fills. Default 0.</summary>
    public int PadTypeId { get; init; }

    /// <summary>At which end is filled. Default at the right.</summary>
    public TextSide Side { get; init; } = TextSide.Right;
}
