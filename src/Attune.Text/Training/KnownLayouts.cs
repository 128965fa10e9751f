using Attune.Text.AddedTokens;
using Attune.Text.Decoders;
using Attune.Text.Models;
using Attune.Text.Normalizers;
using Attune.Text.Pipeline;
using Attune.Text.PostProcessors;
using Attune.Text.PreTokenizers;

namespace Attune.Text.Training;

/// <summary>Layouts of tokenizers to train a vocabulary for, by name: <c>bpe</c> (byte-level, cut as GPT-2), <c>bpe-digits</c> (the same with every digit on its own, as SmolLM2), <c>wordpiece</c> (as BERT), <c>unigram</c> (as T5).</summary>
public static class KnownLayouts
{
    private static readonly SortedDictionary<string, (string[] SpecialTokens, Func<IReadOnlyList<string>, TokenizerParts> Build)> All = new(StringComparer.Ordinal)
    {
        { "bpe", (["<|endoftext|>"], _ => ByteLevelBpe(isSplit: false)) },
        { "bpe-digits", (["<|endoftext|>"], _ => ByteLevelBpe(isSplit: true)) },
        { "unigram", (["<unk>", "<pad>", "</s>"], Unigram) },
        { "wordpiece", (["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], WordPiece) },
    };

    /// <summary>The names.</summary>
    public static IReadOnlyCollection<string> Names => All.Keys;

    /// <summary>The special tokens that a layout usually has.</summary>
    /// <exception cref="TextException">The name is not known.</exception>
    public static IReadOnlyList<string> SpecialTokens(string name) => Find(name).SpecialTokens;

    /// <summary>A tokenizer without a vocabulary, to be given to <see cref="TokenizerTrainer"/> together with the same special tokens.</summary>
    /// <exception cref="TextException">The name is not known, or a special token that the layout needs is missing.</exception>
    public static Tokenizer Create(string name, IReadOnlyList<string> specialTokens) => new PipelineTokenizer(Find(name).Build(specialTokens));

    private static (string[] SpecialTokens, Func<IReadOnlyList<string>, TokenizerParts> Build) Find(string name) => All.TryGetValue(name, out var layout)
        ? layout
        : throw new TextException($"there is no tokenizer layout '{name}'; known are {string.Join(", ", All.Keys)}");

    private static TokenizerParts ByteLevelBpe(bool isSplit) => Empty(new BpeModel([], [], new BpeOptions(), "layout")) with
    {
        PreTokenizer = isSplit
            ? new SequencePreTokenizer([new DigitsPreTokenizer(individualDigits: true), new ByteLevelPreTokenizer(AddPrefixSpace: false, TrimOffsets: true, UseRegex: true)])
            : new ByteLevelPreTokenizer(AddPrefixSpace: false, TrimOffsets: true, UseRegex: true),
        PostProcessor = new ByteLevelPostProcessor(AddPrefixSpace: true, TrimOffsets: false, UseRegex: true),
        Decoder = new ByteLevelDecoder(AddPrefixSpace: true, TrimOffsets: true, UseRegex: true),
    };

    private static TokenizerParts WordPiece(IReadOnlyList<string> specialTokens)
    {
        TemplateToken start = Special(specialTokens, "[CLS]");
        TemplateToken separator = Special(specialTokens, "[SEP]");
        TemplatePiece[] single = [new(IsSequence: false, start.Name, 0), new(IsSequence: true, "A", 0), new(IsSequence: false, separator.Name, 0)];
        TemplatePiece[] pair = [.. single, new(IsSequence: true, "B", 1), new(IsSequence: false, separator.Name, 1)];
        return Empty(new WordPieceModel([], new WordPieceOptions { UnknownToken = Special(specialTokens, "[UNK]").Name }, "layout")) with
        {
            Normalizer = new BertNormalizer(cleanText: true, handleChineseChars: true, stripAccents: null, lowercase: true),
            PreTokenizer = new BertPreTokenizer(),
            PostProcessor = new TemplatePostProcessor(single, pair, [start, separator], "layout"),
            Decoder = new WordPieceDecoder("##", cleanup: true),
        };
    }

    private static TokenizerParts Unigram(IReadOnlyList<string> specialTokens)
    {
        Special(specialTokens, "<unk>");
        TemplateToken end = Special(specialTokens, "</s>");
        var metaspace = new MetaspaceSettings("\u2581", PrependScheme.Always, Split: true);
        TemplatePiece[] single = [new(IsSequence: true, "A", 0), new(IsSequence: false, end.Name, 0)];
        TemplatePiece[] pair = [.. single, new(IsSequence: true, "B", 0), new(IsSequence: false, end.Name, 0)];
        return Empty(new UnigramModel([], new UnigramOptions(), "layout")) with
        {
            Normalizer = UnicodeNormalizer.Nfkc,
            PreTokenizer = new MetaspacePreTokenizer(metaspace),
            PostProcessor = new TemplatePostProcessor(single, pair, [end], "layout"),
            Decoder = new MetaspaceDecoder(metaspace),
        };
    }

    private static TokenizerParts Empty(ITokenizerModel model) => new(model, new AddedVocabulary([], model.Vocabulary, normalizer: null, "layout"));

    /// <summary>A special token with its id, which is its place among the special tokens.</summary>
    private static TemplateToken Special(IReadOnlyList<string> specialTokens, string token)
    {
        for (int id = 0; id < specialTokens.Count; id++)
        {
            if (specialTokens[id] == token)
            {
                return new TemplateToken(token, [id], [token]);
            }
        }

        throw new TextException($"the layout needs the special token {token}; give it among the special tokens");
    }
}
