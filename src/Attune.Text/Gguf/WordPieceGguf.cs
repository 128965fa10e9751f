using Attune.Text.SentencePiece;

namespace Attune.Text.Gguf;

/// <summary>WordPiece vocabularies (<c>bert</c>), whose tokens mark the start of a word with U+2581 instead of its continuation with ##.</summary>
internal static class WordPieceGguf
{
    /// <summary>Builds the tokenizer.</summary>
    public static Tokenizer Build(GgufVocabularySource source, string place) =>
        WordPieceVocabulary.Build([.. source.Tokens.Select((token, id) => Spell(token, (PieceType?)source.TokenTypes?[id]))], new WordPieceVocabularyOptions(), place);

    private static string Spell(string token, PieceType? type) => token switch
    {
        ['\u2581', .. var word] => word,
        ['[', .., ']'] => token,
        _ when type is PieceType.Control or PieceType.Unknown => token,
        _ => "##" + token,
    };
}
