using System.Globalization;
using Attune.Text.PostProcessors;
using Attune.Text.PreTokenizers;

namespace Attune.Text.Files;

/// <summary>The classes of tokenizers that make a <c>tokenizer.json</c> of a SentencePiece model, with what they make of it.</summary>
internal static class KnownSentencePieceLayouts
{
    private const string Spiece = "spiece.model";
    private const string Fairseq = "sentencepiece.bpe.model";
    private const string Begin = "<s>";
    private const string End = "</s>";
    private const string Mask = "<mask>";
    private const int T5ExtraTokens = 100;
    private const int PegasusOffset = 103;

    private static readonly (string Role, string Token)[] BertRoles =
        [("bos_token", "[CLS]"), ("eos_token", "[SEP]"), ("unk_token", "<unk>"), ("sep_token", "[SEP]"), ("pad_token", "<pad>"), ("cls_token", "[CLS]"), ("mask_token", "[MASK]")];

    private static readonly (string Role, string Token)[] FairseqRoles =
        [("bos_token", Begin), ("eos_token", End), ("unk_token", "<unk>"), ("sep_token", End), ("pad_token", "<pad>"), ("cls_token", Begin), ("mask_token", Mask)];

    // Fairseq's own dictionary has four tokens where the model has <unk>, <s> and </s>.
    private static readonly SentencePieceLayout OfFairseq = new(Fairseq)
    {
        Head = _ => [(Begin, 0), ("<pad>", 0), (End, 0), ("<unk>", 0)],
        ReplacedPieces = 3,
        Special = FairseqRoles,
        MaskTakesSpace = true,
    };

    private static readonly SentencePieceLayout XlmRoberta = OfFairseq with { Tail = _ => [Mask], Template = _ => TextTemplate.OfRoberta(Begin, End) };

    private static readonly SentencePieceLayout Albert = new(Spiece)
    {
        Special = BertRoles,
        MaskTakesSpace = true,
        AvoidsNumbersWithComma = true,
        Normalizer = SentencePieceNormalizers.Albert(lowerCase: true),
        Template = _ => TextTemplate.OfBert("[CLS]", "[SEP]"),
    };

    private static readonly SentencePieceLayout T5 = new(Spiece)
    {
        Tail = config => Numbered("<extra_id_", config.Count("extra_ids", T5ExtraTokens)).Reverse(),
        Special = [("eos_token", End), ("unk_token", "<unk>"), ("pad_token", "<pad>")],
        Prepend = config => config.Boolean("add_prefix_space") == false ? PrependScheme.Never : config.Boolean("legacy") == false ? PrependScheme.First : PrependScheme.Always,
        Template = _ => TextTemplate.OfEnds(End),
    };

    /// <summary>The layouts by class.</summary>
    public static readonly IReadOnlyDictionary<string, SentencePieceLayout> All = new SortedDictionary<string, SentencePieceLayout>(StringComparer.Ordinal)
    {
        { "AlbertTokenizer", Albert },
        { "BarthezTokenizer", new(Fairseq) { Special = FairseqRoles, MaskTakesSpace = true, Template = _ => TextTemplate.OfRoberta(Begin, End) } },
        { "BertGenerationTokenizer", new(Spiece) { Special = [("bos_token", Begin), ("eos_token", End), ("unk_token", "<unk>"), ("pad_token", "<pad>"), ("sep_token", "<::::>")] } },
        {
            "BigBirdTokenizer",
            new(Spiece)
            {
                Special = [("bos_token", Begin), ("eos_token", End), .. BertRoles[2..]],
                MaskTakesSpace = true,
                Template = _ => TextTemplate.OfBert("[CLS]", "[SEP]"),
            }
        },
        {
            // Its own <s>, </s> and <unk> are pieces of the model further on; the score of the second <unk> keeps it out of texts.
            "CamembertTokenizer",
            XlmRoberta with
            {
                Head = _ => [("<s>NOTUSED", 0), ("<pad>", 0), ("</s>NOTUSED", 0), ("<unk>", 0), ("<unk>NOTUSED", -100)],
                ReplacedPieces = 1,
            }
        },
        {
            "DebertaV2Tokenizer",
            new("spm.model")
            {
                Special = [.. BertRoles[..2], ("unk_token", "[UNK]"), BertRoles[3], ("pad_token", "[PAD]"), .. BertRoles[5..]],
                Normalizer = SentencePieceNormalizers.DebertaV2,
                Cut = config => config.Boolean("split_by_punct") == true ? new PunctuationPreTokenizer(SplitBehavior.Isolated) : null,
                Template = _ => TextTemplate.OfBert("[CLS]", "[SEP]"),
            }
        },
        { "FNetTokenizer", Albert with { Special = BertRoles[2..], Normalizer = SentencePieceNormalizers.FNet } },
        { "LayoutXLMTokenizer", XlmRoberta },
        { "MBart50Tokenizer", Translation(LanguageCodes.MBart50, "en_XX", isPrefix: _ => true) },
        { "MBartTokenizer", Translation(LanguageCodes.MBart, "en_XX", isPrefix: _ => false) },
        { "MT5Tokenizer", T5 },
        { "NllbTokenizer", Translation(LanguageCodes.Nllb, "eng_Latn", isPrefix: config => config.Boolean("legacy_behaviour") != true) },
        {
            "PegasusTokenizer",
            new(Spiece)
            {
                Head = PegasusHead,
                ReplacedPieces = 2,
                Special = [("pad_token", "<pad>"), ("eos_token", End), ("unk_token", "<unk>"), ("mask_token", "<mask_2>")],
                Cut = _ => new WhitespaceSplitPreTokenizer(),
                Template = _ => TextTemplate.OfWhole([], [End]),
            }
        },
        { "ReformerTokenizer", new(Spiece) { Special = [("eos_token", End), ("unk_token", "<unk>")] } },
        { "RemBertTokenizer", Albert with { FileName = "sentencepiece.model", AvoidsNumbersWithComma = false, Normalizer = SentencePieceNormalizers.RemBert } },
        { "T5Tokenizer", T5 },
        { "UdopTokenizer", T5 with { Tail = _ => [] } },
        { "XGLMTokenizer", OfFairseq with { Tail = _ => Numbered("<madeupword", 7), Special = FairseqRoles[..^1], Template = _ => TextTemplate.OfXglm(End) } },
        { "XLMRobertaTokenizer", XlmRoberta },
        {
            "XLNetTokenizer",
            Albert with
            {
                Tail = _ => ["<eop>", "<eod>"],
                Special = [.. FairseqRoles[..3], ("sep_token", "<sep>"), ("pad_token", "<pad>"), ("cls_token", "<cls>"), ("mask_token", Mask)],
                Normalizer = SentencePieceNormalizers.Albert(lowerCase: false),
                Template = _ => TextTemplate.OfXlNet("<sep>", "<cls>"),
            }
        },
    };

    /// <summary>Models for translation: the language stands before the text or behind its end, that of the other side around texts to be written.</summary>
    private static SentencePieceLayout Translation(IReadOnlyList<string> languages, string source, Func<TokenizerConfig, bool> isPrefix)
    {
        return OfFairseq with
        {
            Tail = _ => [.. languages, Mask],
            Template = config => Around(config, config.Text("src_lang") ?? source),
            TargetTemplate = config => Around(config, config.Text("tgt_lang") ?? config.Text("src_lang") ?? source),
        };

        TextTemplate Around(TokenizerConfig config, string language) => isPrefix(config) ? TextTemplate.OfWhole([language], [End]) : TextTemplate.OfWhole([], [End, language]);
    }

    private static IEnumerable<string> Numbered(string start, int count) =>
        Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"{start}{i}>"));

    private static IReadOnlyList<(string Token, double Score)> PegasusHead(TokenizerConfig config)
    {
        // BigBird-Pegasus has no tokens of its own, and says so by an offset of 0.
        int offset = config.Count("offset", PegasusOffset);
        (string, double)[] masks = offset == 0 ? [] : [("<mask_1>", 0), ("<mask_2>", 0)];
        return [("<pad>", 0), (End, 0), .. masks, .. Numbered("<unk_", offset).Skip(2).Select(token => (token, -100.0))];
    }
}
