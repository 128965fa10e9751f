using Attune.Text.Normalizers;
using Attune.Text.PostProcessors;
using Attune.Text.PreTokenizers;
using Attune.Text.SentencePiece;

namespace Attune.Text.Files;

/// <summary>Makes the normaliser of a model.</summary>
internal delegate INormalizer NormalizerMaker(SentencePieceFile file, TokenizerConfig config, string place);

/// <summary>What a class of tokenizers makes of a SentencePiece model.</summary>
/// <remarks>
/// Source of the layouts: transformers, convert_slow_tokenizer.py. As there, these classes take the model for its vocabulary, scores and character map only, and cut as
/// <c>tokenizer.json</c> does: blanks are handled by <c>Metaspace</c>, and byte pieces are never put in for unknown characters, whatever the model says.
/// </remarks>
/// <param name="FileName">Name of the model in the folder.</param>
internal sealed record SentencePieceLayout(string FileName)
{
    /// <summary>Tokens with their scores that stand before the pieces. Default none.</summary>
    public Func<TokenizerConfig, IReadOnlyList<(string Token, double Score)>> Head { get; init; } = _ => [];

    /// <summary>Number of pieces at the start of the model that the head stands for. Default none.</summary>
    public int ReplacedPieces { get; init; }

    /// <summary>Tokens behind the pieces; those that are pieces already are left out. Default none.</summary>
    public Func<TokenizerConfig, IEnumerable<string>> Tail { get; init; } = _ => [];

    /// <summary>Roles of special tokens with the tokens that play them unless the folder says otherwise.</summary>
    public IReadOnlyList<(string Role, string Token)> Special { get; init; } = [];

    /// <summary>Whether the mask token takes the white space before it, as a word would. Default no.</summary>
    public bool MaskTakesSpace { get; init; }

    /// <summary>Whether pieces that end with a digit and a comma are avoided. Default no.</summary>
    public bool AvoidsNumbersWithComma { get; init; }

    /// <summary>The normaliser.</summary>
    public NormalizerMaker Normalizer { get; init; } = SentencePieceNormalizers.Plain;

    /// <summary>What cuts the text before blanks are marked. Default nothing.</summary>
    public Func<TokenizerConfig, IPreTokenizer?> Cut { get; init; } = _ => null;

    /// <summary>Where the blank before the text goes. Default before every part between added tokens.</summary>
    public Func<TokenizerConfig, PrependScheme> Prepend { get; init; } = _ => PrependScheme.Always;

    /// <summary>How texts are laid out; null where nothing is added. Default nothing.</summary>
    public Func<TokenizerConfig, TextTemplate?> Template { get; init; } = _ => null;

    /// <summary>How texts that a model is to write are laid out, where that differs. Default as other texts.</summary>
    public Func<TokenizerConfig, TextTemplate>? TargetTemplate { get; init; }
}
