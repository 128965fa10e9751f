namespace Attune.Text.Files;

/// <summary>Builders of tokenizers from a folder without tokenizer.json, by the <c>tokenizer_class</c> of its configuration.</summary>
internal static class KnownTokenizerClasses
{
    private static readonly SortedDictionary<string, Func<string, TokenizerConfig, Tokenizer>> All = AddLayouts(new(StringComparer.Ordinal)
    {
        { "BartTokenizer", BpeVocabularyFolder.LoadRoberta },
        { "BertTokenizer", WordPieceVocabularyFolder.Load },
        { "CodeGenTokenizer", BpeVocabularyFolder.LoadGpt2 },
        { "CodeLlamaTokenizer", SentencePieceFolder.LoadLlama },
        { "ConvBertTokenizer", WordPieceVocabularyFolder.Load },
        { "DebertaTokenizer", BpeVocabularyFolder.LoadDeberta },
        { "DistilBertTokenizer", WordPieceVocabularyFolder.Load },
        { "ElectraTokenizer", WordPieceVocabularyFolder.Load },
        { "FunnelTokenizer", WordPieceVocabularyFolder.LoadFunnel },
        { "GPT2Tokenizer", BpeVocabularyFolder.LoadGpt2 },
        { "GemmaTokenizer", SentencePieceFolder.LoadLlama },
        { "LEDTokenizer", BpeVocabularyFolder.LoadRoberta },
        { "LayoutLMTokenizer", WordPieceVocabularyFolder.Load },
        { "LlamaTokenizer", SentencePieceFolder.LoadLlama },
        { "LongformerTokenizer", BpeVocabularyFolder.LoadRoberta },
        { "LxmertTokenizer", WordPieceVocabularyFolder.Load },
        { "MPNetTokenizer", WordPieceVocabularyFolder.LoadMpNet },
        { "MarianTokenizer", MarianFolder.Load },
        { "MobileBertTokenizer", WordPieceVocabularyFolder.Load },
        { "MvpTokenizer", BpeVocabularyFolder.LoadRoberta },
        { "QWenTokenizer", SentencePieceFolder.LoadQwen },
        { "Qwen2Tokenizer", BpeVocabularyFolder.LoadQwen2 },
        { "RobertaTokenizer", BpeVocabularyFolder.LoadRoberta },
        { "SqueezeBertTokenizer", WordPieceVocabularyFolder.Load },
    });

    /// <summary>The classes of models whose folders may leave out <c>tokenizer_class</c>.</summary>
    private static readonly Dictionary<string, string> ByModelType = new(StringComparer.Ordinal)
    {
        { "albert", "AlbertTokenizer" },
        { "bart", "BartTokenizer" },
        { "bert", "BertTokenizer" },
        { "bert-generation", "BertGenerationTokenizer" },
        { "big_bird", "BigBirdTokenizer" },
        { "bigbird_pegasus", "PegasusTokenizer" },
        { "camembert", "CamembertTokenizer" },
        { "codegen", "CodeGenTokenizer" },
        { "convbert", "ConvBertTokenizer" },
        { "deberta", "DebertaTokenizer" },
        { "deberta-v2", "DebertaV2Tokenizer" },
        { "distilbert", "DistilBertTokenizer" },
        { "electra", "ElectraTokenizer" },
        { "fnet", "FNetTokenizer" },
        { "funnel", "FunnelTokenizer" },
        { "gemma", "GemmaTokenizer" },
        { "gemma2", "GemmaTokenizer" },
        { "gemma3_text", "GemmaTokenizer" },
        { "gpt2", "GPT2Tokenizer" },
        { "gpt_bigcode", "GPT2Tokenizer" },
        { "gpt_neo", "GPT2Tokenizer" },
        { "gptj", "GPT2Tokenizer" },
        { "layoutlm", "LayoutLMTokenizer" },
        { "led", "LEDTokenizer" },
        { "llama", "LlamaTokenizer" },
        { "longformer", "LongformerTokenizer" },
        { "marian", "MarianTokenizer" },
        { "mbart", "MBartTokenizer" },
        { "mistral", "LlamaTokenizer" },
        { "mixtral", "LlamaTokenizer" },
        { "mobilebert", "MobileBertTokenizer" },
        { "mpnet", "MPNetTokenizer" },
        { "mt5", "MT5Tokenizer" },
        { "opt", "GPT2Tokenizer" },
        { "pegasus", "PegasusTokenizer" },
        { "phi", "CodeGenTokenizer" },
        { "qwen", "QWenTokenizer" },
        { "qwen2", "Qwen2Tokenizer" },
        { "qwen2_moe", "Qwen2Tokenizer" },
        { "qwen3", "Qwen2Tokenizer" },
        { "qwen3_moe", "Qwen2Tokenizer" },
        { "reformer", "ReformerTokenizer" },
        { "rembert", "RemBertTokenizer" },
        { "roberta", "RobertaTokenizer" },
        { "squeezebert", "SqueezeBertTokenizer" },
        { "starcoder2", "GPT2Tokenizer" },
        { "t5", "T5Tokenizer" },
        { "umt5", "T5Tokenizer" },
        { "xglm", "XGLMTokenizer" },
        { "xlm-roberta", "XLMRobertaTokenizer" },
        { "xlm-roberta-xl", "XLMRobertaTokenizer" },
        { "xlnet", "XLNetTokenizer" },
    };

    // What a folder holds that says nothing; the first that is there counts.
    private static readonly (string[] Files, string Class)[] ByFiles =
    [
        (["vocab.txt"], "BertTokenizer"),
        (["vocab.json", "merges.txt"], "GPT2Tokenizer"),
        (["source.spm", "target.spm", "vocab.json"], "MarianTokenizer"),
        (["spm.model"], "DebertaV2Tokenizer"),
        (["sentencepiece.bpe.model"], "XLMRobertaTokenizer"),
        (["spiece.model"], "T5Tokenizer"),
        (["tokenizer.model"], "LlamaTokenizer"),
        (["qwen.tiktoken"], "QWenTokenizer"),
    ];

    /// <summary>Loads the tokenizer of a folder.</summary>
    /// <exception cref="TextException">The class is not known, or files are missing or damaged.</exception>
    public static Tokenizer Load(string folder, TokenizerConfig config)
    {
        string name = config.ClassName ?? (config.ModelType is { } type && ByModelType.TryGetValue(type, out string? usual) ? usual : GuessClass(folder));
        return All.TryGetValue(name, out Func<string, TokenizerConfig, Tokenizer>? load)
            ? load(folder, config)
            : throw new TextException($"{folder}: there is no tokenizer.json, and tokenizer_config.json or config.json names the class '{name}'; known are {string.Join(", ", All.Keys)}");
    }

    private static string GuessClass(string folder) =>
        ByFiles.FirstOrDefault(known => known.Files.All(name => File.Exists(Path.Combine(folder, name)))).Class
        ?? throw new TextException($"{folder}: expected tokenizer.json, {string.Join(", ", ByFiles.Select(known => string.Join(" with ", known.Files)))}; none of them is there");

    private static SortedDictionary<string, Func<string, TokenizerConfig, Tokenizer>> AddLayouts(SortedDictionary<string, Func<string, TokenizerConfig, Tokenizer>> known)
    {
        foreach ((string name, SentencePieceLayout layout) in KnownSentencePieceLayouts.All)
        {
            known.Add(name, (folder, config) => SentencePieceConverter.Load(layout, folder, config));
        }

        return known;
    }
}
