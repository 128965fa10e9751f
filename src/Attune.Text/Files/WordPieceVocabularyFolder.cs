using Attune.Text.Models;
using Attune.Text.PostProcessors;

namespace Attune.Text.Files;

/// <summary>Folders with the <c>vocab.txt</c> of BERT and its relatives.</summary>
internal static class WordPieceVocabularyFolder
{
    private static readonly WordPieceVocabularyOptions Defaults = new();

    /// <summary>Loads BERT's tokenizer.</summary>
    public static Tokenizer Load(string folder, TokenizerConfig config) =>
        Load(folder, config, Defaults, ("[PAD]", "[MASK]"), maskTakesSpace: false, (start, separator) => TextTemplate.OfBert(start, separator));

    /// <summary>Loads Funnel's tokenizer: the token at the start has a type of its own.</summary>
    public static Tokenizer LoadFunnel(string folder, TokenizerConfig config) => Load(
        folder,
        config,
        new WordPieceVocabularyOptions { UnknownToken = "<unk>", StartToken = "<cls>", SeparatorToken = "<sep>" },
        ("<pad>", "<mask>"),
        maskTakesSpace: false,
        (start, separator) => TextTemplate.OfBert(start, separator, startType: 2));

    /// <summary>Loads MPNet's tokenizer: RoBERTa's special tokens around BERT's words.</summary>
    public static Tokenizer LoadMpNet(string folder, TokenizerConfig config) => Load(
        folder,
        config,
        Defaults with { StartToken = "<s>", SeparatorToken = "</s>" },
        ("<pad>", "<mask>"),
        maskTakesSpace: true,
        (start, separator) => TextTemplate.OfRoberta(start, separator, secondType: 1));

    private static Tokenizer Load(
        string folder, TokenizerConfig config, WordPieceVocabularyOptions absent, (string Pad, string Mask) further, bool maskTakesSpace, Func<string, string, TextTemplate> template)
    {
        WordPieceVocabularyOptions options = absent with
        {
            Lowercase = config.Boolean("do_lower_case") ?? absent.Lowercase,
            StripAccents = config.Boolean("strip_accents"),
            SplitIdeographs = config.Boolean("tokenize_chinese_chars") ?? absent.SplitIdeographs,
            UnknownToken = config.Token("unk_token", absent.UnknownToken)!,
            StartToken = config.Token("cls_token", absent.StartToken)!,
            SeparatorToken = config.Token("sep_token", absent.SeparatorToken)!,
        };
        byte[] content = VocabularyFile.Read(folder, "vocab.txt", out string path);
        WordPieceModel model = WordPieceVocabulary.BuildModel(VocabularyLines.Read(content, path), options, path);
        var added = new AddedTokenList(config, model.Vocabulary, path);
        added.AddRole("unk_token", options.UnknownToken);
        added.AddRole("sep_token", options.SeparatorToken);
        added.AddKnownRole("pad_token", further.Pad);
        added.AddRole("cls_token", options.StartToken);
        added.AddKnownRole("mask_token", further.Mask, maskTakesSpace);
        return WordPieceVocabulary.Build(model, added.Build(WordPieceVocabulary.BuildNormalizer(options)), template(options.StartToken, options.SeparatorToken).Build(added.IdOf, path), options);
    }
}
