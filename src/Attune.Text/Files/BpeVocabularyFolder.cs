using System.Text.Json;
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
        (BpeModel model, string path) = ReadModel(folder);
        var added = new AddedTokenList(config, model.Vocabulary, path);
        string begin = config.Token("bos_token", "<|endoftext|>")!;
        added.AddKnownRole("bos_token", begin);
        added.AddKnownRole("eos_token", "<|endoftext|>");
        added.AddKnownRole("unk_token", null);
        added.AddKnownRole("pad_token", null);
        return Build(new TokenizerParts(model, added.Build(normalizer: null))
        {
            PreTokenizer = Cut(config),
            PostProcessor = config.Boolean("add_bos_token") == true
                ? TextTemplate.OfBegin(begin).Build(added.IdOf, path)
                : new ByteLevelPostProcessor(AddPrefixSpace: true, TrimOffsets: false, UseRegex: true),
        });
    }

    /// <summary>Loads a tokenizer that cuts as Qwen 2.</summary>
    public static Tokenizer LoadQwen2(string folder, TokenizerConfig config)
    {
        (BpeModel model, string path) = ReadModel(folder);
        var added = new AddedTokenList(config, model.Vocabulary, path);
        added.AddKnownRole("bos_token", null);
        added.AddKnownRole("eos_token", "<|endoftext|>");
        added.AddKnownRole("unk_token", null);
        added.AddKnownRole("pad_token", null);
        return Build(new TokenizerParts(model, added.Build(UnicodeNormalizer.Nfc))
        {
            Normalizer = UnicodeNormalizer.Nfc,
            PreTokenizer = new SequencePreTokenizer(
            [
                new SplitPreTokenizer(
                    new PatternSource(Cl100kPattern.OneDigit, IsRegex: true),
                    KnownPatterns.Compile(Cl100kPattern.OneDigit, path),
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
        (BpeModel model, string path) = ReadModel(folder);
        string start = config.Token("cls_token", "<s>")!;
        string separator = config.Token("sep_token", "</s>")!;
        AddedTokenList added = AddEncoderRoles(new AddedTokenList(config, model.Vocabulary, path), start, separator, "<unk>", "<pad>", "<mask>");
        return Build(new TokenizerParts(model, added.Build(normalizer: null))
        {
            PreTokenizer = Cut(config),
            PostProcessor = new RobertaPostProcessor(
                new SpecialToken(separator, added.IdOf(separator)),
                new SpecialToken(start, added.IdOf(start)),
                TrimOffsets: true,
                config.Boolean("add_prefix_space") ?? false),
        });
    }

    /// <summary>Loads a tokenizer that cuts as GPT-2 and lays texts out as BERT, as DeBERTa does.</summary>
    public static Tokenizer LoadDeberta(string folder, TokenizerConfig config)
    {
        (BpeModel model, string path) = ReadModel(folder);
        AddedTokenList added = AddEncoderRoles(new AddedTokenList(config, model.Vocabulary, path), "[CLS]", "[SEP]", "[UNK]", "[PAD]", "[MASK]");
        return Build(new TokenizerParts(model, added.Build(normalizer: null))
        {
            PreTokenizer = Cut(config),
            PostProcessor = TextTemplate.OfBert("[CLS]", "[SEP]").Build(added.IdOf, path),
        });
    }

    private static ByteLevelPreTokenizer Cut(TokenizerConfig config) => new(config.Boolean("add_prefix_space") ?? false, TrimOffsets: true, UseRegex: true);

    private static AddedTokenList AddEncoderRoles(AddedTokenList added, string start, string separator, string unknown, string pad, string mask)
    {
        added.AddKnownRole("bos_token", start);
        added.AddKnownRole("eos_token", separator);
        added.AddKnownRole("unk_token", unknown);
        added.AddKnownRole("sep_token", separator);
        added.AddKnownRole("pad_token", pad);
        added.AddKnownRole("cls_token", start);
        added.AddKnownRole("mask_token", mask, takesSpaceBefore: true);
        return added;
    }

    private static PipelineTokenizer Build(TokenizerParts parts) => new(parts with { Decoder = new ByteLevelDecoder(AddPrefixSpace: true, TrimOffsets: true, UseRegex: true) });

    private static (BpeModel Model, string Path) ReadModel(string folder)
    {
        byte[] vocabulary = VocabularyFile.Read(folder, "vocab.json", out string path);
        byte[] merges = VocabularyFile.Read(folder, "merges.txt", out string mergesPath);
        using JsonDocument document = TokenizerJson.ParseDocument(vocabulary, path);
        (string Left, string Right)[] pairs = ReadMerges(merges, mergesPath, out List<int> lineNumbers);
        return (new BpeModel(JsonView.Root(document, path).AsVocabulary(), pairs, new BpeOptions(), path, mergePlace: merge => $"{mergesPath}: line {lineNumbers[merge]}"), path);
    }

    private static (string Left, string Right)[] ReadMerges(ReadOnlySpan<byte> utf8, string file, out List<int> lineNumbers)
    {
        lineNumbers = [];
        List<string> lines = VocabularyLines.Read(utf8, file);
        var merges = new List<(string, string)>(lines.Count);
        for (int i = 0; i < lines.Count; i++)
        {
            string line = lines[i];
            if (line.Length == 0 || line.StartsWith("#version", StringComparison.Ordinal))
            {
                continue;
            }

            lineNumbers.Add(i + 1);
            int blank = line.IndexOf(' ', StringComparison.Ordinal);
            merges.Add(blank > 0 && blank < line.Length - 1 && line.IndexOf(' ', blank + 1) < 0
                ? (line[..blank], line[(blank + 1)..])
                : throw new TextException($"{file}: line {i + 1}: expected two parts with one blank between them, found '{line}'"));
        }

        return [.. merges];
    }
}
