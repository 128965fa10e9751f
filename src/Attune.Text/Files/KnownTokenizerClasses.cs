namespace Attune.Text.Files;

/// <summary>Builders of tokenizers from a folder without tokenizer.json, by the <c>tokenizer_class</c> of its configuration.</summary>
internal static class KnownTokenizerClasses
{
    private static readonly SortedDictionary<string, Func<string, TokenizerConfig, Tokenizer>> All = new(StringComparer.Ordinal)
    {
        { "BartTokenizer", BpeVocabularyFolder.LoadRoberta },
        { "BertTokenizer", WordPieceVocabularyFolder.Load },
        { "CodeGenTokenizer", BpeVocabularyFolder.LoadGpt2 },
        { "DistilBertTokenizer", WordPieceVocabularyFolder.Load },
        { "ElectraTokenizer", WordPieceVocabularyFolder.Load },
        { "GPT2Tokenizer", BpeVocabularyFolder.LoadGpt2 },
        { "GemmaTokenizer", SentencePieceFolder.LoadLlama },
        { "LlamaTokenizer", SentencePieceFolder.LoadLlama },
        { "LongformerTokenizer", BpeVocabularyFolder.LoadRoberta },
        { "Qwen2Tokenizer", BpeVocabularyFolder.LoadQwen2 },
        { "RobertaTokenizer", BpeVocabularyFolder.LoadRoberta },
        { "T5Tokenizer", SentencePieceFolder.LoadT5 },
    };

    /// <summary>Loads the tokenizer of a folder.</summary>
    /// <exception cref="TextException">The class is not known, or files are missing or damaged.</exception>
    public static Tokenizer Load(string folder, TokenizerConfig config)
    {
        string name = config.ClassName ?? GuessClass(folder);
        return All.TryGetValue(name, out Func<string, TokenizerConfig, Tokenizer>? load)
            ? load(folder, config)
            : throw new TextException($"{folder}: there is no tokenizer.json, and tokenizer_config.json names the class '{name}'; known are {string.Join(", ", All.Keys)}");
    }

    private static string GuessClass(string folder)
    {
        bool Has(string name) => File.Exists(Path.Combine(folder, name));
        return Has("vocab.txt") ? "BertTokenizer"
            : Has("vocab.json") && Has("merges.txt") ? "GPT2Tokenizer"
            : Has("spiece.model") ? "T5Tokenizer"
            : Has("tokenizer.model") ? "LlamaTokenizer"
            : throw new TextException($"{folder}: expected tokenizer.json, vocab.txt, vocab.json with merges.txt, spiece.model or tokenizer.model; none of them is there");
    }
}
