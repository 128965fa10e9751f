namespace Attune.Text.Files;

/// <summary>Folders with the <c>vocab.txt</c> of BERT.</summary>
internal static class WordPieceVocabularyFolder
{
    /// <summary>Loads the tokenizer.</summary>
    public static Tokenizer Load(string folder, TokenizerConfig config)
    {
        var defaults = new WordPieceVocabularyOptions();
        return WordPieceVocabulary.Load(Path.Combine(folder, "vocab.txt"), new WordPieceVocabularyOptions
        {
            Lowercase = config.Boolean("do_lower_case") ?? true,
            StripAccents = config.Boolean("strip_accents"),
            SplitIdeographs = config.Boolean("tokenize_chinese_chars") ?? true,
            UnknownToken = config.Token("unk_token", defaults.UnknownToken)!,
            StartToken = config.Token("cls_token", defaults.StartToken)!,
            SeparatorToken = config.Token("sep_token", defaults.SeparatorToken)!,
            FurtherSpecialTokens = [config.Token("pad_token", "[PAD]")!, config.Token("mask_token", "[MASK]")!],
        });
    }
}
