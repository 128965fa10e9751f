using Attune.Text.Json;

namespace Attune.Text.Models;

/// <summary>The models that tokenizer.json can name.</summary>
internal static class KnownModels
{
    /// <summary>All of them.</summary>
    public static ComponentList<ITokenizerModel> All { get; } = new("tokenizer model")
    {
        { "BPE", BpeModel.Read },
        { "Unigram", UnigramModel.Read },
        { "WordLevel", WordLevelModel.Read },
        { "WordPiece", WordPieceModel.Read },
    };
}
