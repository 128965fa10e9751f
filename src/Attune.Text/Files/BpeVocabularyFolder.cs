using System.Text.Json;
using Attune.Text.AddedTokens;
using Attune.Text.Decoders;
using Attune.Text.Json;
using Attune.Text.Models;
using Attune.Text.Normalizers;
using Attune.Text.Patterns;
using Attune.Text.Pipeline;
using Attune.Text.PostProcessors;
using Attune.Text.PreTokenizers;

namespace Attune.Text.Files;

/// <summary>Folders with the <c>vocab.json</c> and <c>merges.txt</c> of byte-level BPE.</summary>
internal static class BpeVocabularyFolder
{
    /// <summary>Loads a tokenizer that cuts as GPT-2.</summary>
    public static Tokenizer LoadGpt2(string folder, TokenizerConfig config)
    {
        bool prefix = config.Boolean("add_prefix_space") ?? false;
        string[] special = Names(config.Token("unk_token"), config.Token("bos_token"), config.Token("eos_token", "<|endoftext|>"));
        return Build(folder, (model, place) => new TokenizerParts(model, Added(model, special, config, place))
        {
            PreTokenizer = new ByteLevelPreTokenizer(prefix, TrimOffsets: true, UseRegex: true),
            PostProcessor = new ByteLevelPostProcessor(AddPrefixSpace: true, TrimOffsets: false, UseRegex: true),
        });
    }

    /// <summary>Loads a tokenizer that cuts as Qwen 2.</summary>
    public static Tokenizer LoadQwen2(string folder, TokenizerConfig config)
    {
        string[] special = Names(config.Token("unk_token"), config.Token("bos_token"), config.Token("eos_token", "<|endoftext|>"), config.Token("pad_token"));
        return Build(folder, (model, place) => new TokenizerParts(model, Added(model, special, config, place))
        {
            Normalizer = UnicodeNormalizer.Nfc,
            PreTokenizer = new SequencePreTokenizer(
            [
                new SplitPreTokenizer(
                    new PatternSource(Cl100kPattern.OneDigit, IsRegex: true),
                    KnownPatterns.Compile(Cl100kPattern.OneDigit, place),
                    SplitBehavior.Isolated,
                    invert: false),
                new ByteLevelPreTokenizer(AddPrefixSpace: false, TrimOffsets: true, UseRegex: false),
            ]),
            PostProcessor = new ByteLevelPostProcessor(AddPrefixSpace: false, TrimOffsets: false, UseRegex: false),
        });
    }

    /// <summary>Loads a tokenizer that cuts as GPT-2 and lays texts out as RoBERTa.</summary>
    public static Tokenizer LoadRoberta(string folder, TokenizerConfig config)
    {
        bool prefix = config.Boolean("add_prefix_space") ?? false;
        string start = config.Token("cls_token", "<s>")!;
        string separator = config.Token("sep_token", "</s>")!;
        string[] special = Names(start, separator, config.Token("unk_token", "<unk>"), config.Token("pad_token", "<pad>"), config.Token("mask_token"));
        return Build(folder, (model, place) => new TokenizerParts(model, Added(model, special, config, place))
        {
            PreTokenizer = new ByteLevelPreTokenizer(prefix, TrimOffsets: true, UseRegex: true),
            PostProcessor = new RobertaPostProcessor(Find(model, separator, place), Find(model, start, place), TrimOffsets: true, prefix),
        });
    }

    private static PipelineTokenizer Build(string folder, Func<BpeModel, string, TokenizerParts> build)
    {
        string path = Path.Combine(folder, "vocab.json");
        using JsonDocument document = TokenizerJson.ParseDocument(File.ReadAllBytes(path), path);
        string mergesPath = Path.Combine(folder, "merges.txt");
        var model = new BpeModel(
            JsonView.Root(document, path).AsVocabulary(),
            ReadMerges(File.ReadAllBytes(mergesPath), mergesPath),
            new BpeOptions(),
            path);
        return new PipelineTokenizer(build(model, path) with
        {
            Decoder = new ByteLevelDecoder(AddPrefixSpace: true, TrimOffsets: true, UseRegex: true),
        });
    }

    private static (string Left, string Right)[] ReadMerges(ReadOnlySpan<byte> utf8, string file)
    {
        List<string> lines = VocabularyLines.Read(utf8, file);
        var merges = new List<(string, string)>(lines.Count);
        for (int i = 0; i < lines.Count; i++)
        {
            string line = lines[i];
            if (line.Length == 0 || line.StartsWith("#version", StringComparison.Ordinal))
            {
                continue;
            }

            int blank = line.IndexOf(' ', StringComparison.Ordinal);
            merges.Add(blank > 0 && blank < line.Length - 1 && line.IndexOf(' ', blank + 1) < 0
                ? (line[..blank], line[(blank + 1)..])
                : throw new TextException($"{file}: line {i + 1}: expected two parts with one blank between them, found '{line}'"));
        }

        return [.. merges];
    }

    private static SpecialToken Find(BpeModel model, string token, string place) => model.Vocabulary.Find(token) is >= 0 and int id
        ? new SpecialToken(token, id)
        : throw new TextException($"{place}: the vocabulary has no special token '{token}'; say in tokenizer_config.json what it is called there");

    private static string[] Names(params string?[] tokens) => [.. tokens.OfType<string>().Distinct(StringComparer.Ordinal)];

    private static AddedVocabulary Added(BpeModel model, string[] special, TokenizerConfig config, string place)
    {
        List<AddedToken> added = config.AddedTokens();
        added.AddRange(special
            .Where(token => added.TrueForAll(known => known.Content != token) && model.Vocabulary.Find(token) >= 0)
            .Select(token => new AddedToken(model.Vocabulary.Find(token), token) { Special = true }));
        return new AddedVocabulary(added, model.Vocabulary, normalizer: null, place);
    }
}
