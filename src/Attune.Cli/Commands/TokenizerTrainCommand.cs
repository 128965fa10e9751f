using System.Text.Json.Nodes;
using Attune.Cli.Models;
using Attune.Cli.Options;
using Attune.Data;
using Attune.Data.Rows;
using Attune.Formats;
using Attune.Text;
using Attune.Text.Training;

namespace Attune.Cli.Commands;

/// <summary>Settings of <c>attune tokenizer train</c>.</summary>
internal sealed record TokenizerTrainOptions
{
    /// <summary>The column that holds the text, in files with columns. Default: text, else content.</summary>
    public string? TextColumn { get; init; }

    /// <summary>The folder that tokenizer.json is written to.</summary>
    public string? Output { get; init; }

    /// <summary>Kind of vocabulary: bpe (byte-level, as GPT-2), bpe-digits (the same with every digit a token of its own), wordpiece (as BERT) or unigram (as T5). Default: bpe.</summary>
    public string Kind { get; init; } = "bpe";

    /// <summary>Most tokens of the vocabulary, special ones included; its alphabet (of byte-level kinds the 256 bytes) is kept even beyond that. Default: 30000.</summary>
    public int VocabSize { get; init; } = 30_000;

    /// <summary>Pairs that occur less often are not merged; unigram merges none, and has no such option. Range: 0 and up. Default: 0.</summary>
    public int MinFrequency { get; init; }

    /// <summary>Special tokens; they get the first ids. Default: those of the kind.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = [];

    /// <summary>Replace what is there already. Default: false.</summary>
    public bool Force { get; init; }
}

/// <summary><c>attune tokenizer train</c>.</summary>
internal sealed class TokenizerTrainCommand : ToolCommand
{
    public override string Name => "tokenizer train";

    public override string Summary => "Train the vocabulary of a tokenizer on texts of one's own and write it as tokenizer.json.";

    public override IReadOnlyList<string> Examples =>
    [
        "attune tokenizer train corpus.txt --vocab-size 8000 --output tokenizers/own",
        "attune tokenizer train --data laws.txt --data cases.txt --kind unigram --output tokenizers/law",
    ];

    public override IReadOnlyList<string> Operands => ["data"];

    public override IReadOnlyList<string> JsonFields => ["output", "kind", "texts", "vocabulary_size"];

    protected override OptionsSchema CreateSchema() => new OptionsSchema()
        .Add<DataFilesOptions>("Data")
        .Add<TokenizerTrainOptions>("Training")
        .Add<DataFileOptions>("Data files");

    public override JsonObject Run(CommandContext context)
    {
        TokenizerTrainOptions options = context.Values.Build<TokenizerTrainOptions>();
        string output = CommandContext.Require(options.Output, "output", "the folder to write to");
        RequireFrequency(context, options);
        IReadOnlyList<DataFile> files = context.Values.Build<DataFilesOptions>().Files;
        OutputPath.RequireFree(output, options.Force);
        IReadOnlyList<string> special = options.SpecialTokens.Count > 0 ? options.SpecialTokens : KnownLayouts.SpecialTokens(options.Kind);
        Tokenizer layout = KnownLayouts.Create(options.Kind, special);
        long texts = 0;
        Tokenizer trained = TokenizerTrainer.Train(layout, Texts(), ToTrainer(options, special), context.Cancellation);
        Directory.CreateDirectory(output);
        string path = Path.Combine(output, "tokenizer.json");
        AtomicFile.WriteAllText(path, TokenizerJson.Write(trained));
        if (trained.VocabularySize > options.VocabSize)
        {
            context.Terminal.Warn($"attune: warning: the alphabet and the special tokens alone are {trained.VocabularySize} tokens, more than vocab_size = {options.VocabSize}; nothing was merged.");
        }

        context.Terminal.Result($"{path}: {trained.VocabularySize} tokens from {texts} texts");
        return new JsonObject
        {
            ["output"] = output,
            ["kind"] = options.Kind,
            ["texts"] = texts,
            ["vocabulary_size"] = trained.VocabularySize,
        };

        IEnumerable<string> Texts()
        {
            foreach (string text in TextRows.Read(files, context.Values.Build<DataFileOptions>(), options.TextColumn, context.Cancellation))
            {
                texts++;

                // Line breaks belong to what a tokenizer meets, so one stands behind every text.
                yield return text + "\n";
            }
        }
    }

    private static void RequireFrequency(CommandContext context, TokenizerTrainOptions options)
    {
        if (options.Kind == "unigram" && context.Values.Has("min_frequency"))
        {
            throw new UsageException("min_frequency: unigram merges no pairs and has no such option; leave it out");
        }

        if (options.MinFrequency < 0)
        {
            throw new UsageException($"min_frequency: expected 0 or more, found {options.MinFrequency}");
        }
    }

    private static TrainerOptions ToTrainer(TokenizerTrainOptions options, IReadOnlyList<string> special) => options.Kind switch
    {
        "wordpiece" => new WordPieceTrainerOptions { VocabularySize = options.VocabSize, SpecialTokens = special, MinFrequency = options.MinFrequency },
        "unigram" => new UnigramTrainerOptions { VocabularySize = options.VocabSize, SpecialTokens = special },
        _ => new BpeTrainerOptions { VocabularySize = options.VocabSize, SpecialTokens = special, MinFrequency = options.MinFrequency },
    };
}
