using System.Text.Json.Nodes;
using Attune.Cli.Models;
using Attune.Cli.Options;
using Attune.Hub;
using Attune.Text;

namespace Attune.Cli.Commands;

/// <summary>Settings of <c>attune tokenizer inspect</c>.</summary>
internal sealed record TokenizerInspectOptions
{
    /// <summary>The tokenizer: a model folder, tokenizer.json, vocab.txt, a SentencePiece .model file, a tiktoken rank file, a GGUF file, or hf:org/name.</summary>
    [Place(HubKind.Model, WithoutWeights = true, OrFile = true)]
    public string? Tokenizer { get; init; }

    /// <summary>A text that is shown token by token. Default: none.</summary>
    public string? Text { get; init; }

    /// <summary>A second text, encoded as a pair with the first. Default: none.</summary>
    public string? TextPair { get; init; }

    /// <summary>Whether special tokens are added to the text. Default: false.</summary>
    public bool AddSpecialTokens { get; init; }

    /// <summary>Most tokens of a part, special ones included; a longer text is cut, the longer one of a pair. Default: no end.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Tokens that neighbouring parts of a text that was cut share. Default: 0.</summary>
    public int Stride { get; init; }

    /// <summary>Ids that are made a text again. Default: none.</summary>
    public IReadOnlyList<int> Ids { get; init; } = [];
}

/// <summary><c>attune tokenizer inspect</c>.</summary>
internal sealed class TokenizerInspectCommand : ToolCommand
{
    public override string Name => "tokenizer inspect";

    public override string Summary => "Say what a tokenizer is, show how it cuts a text, and make a text of ids.";

    public override IReadOnlyList<string> Examples =>
    [
        "attune tokenizer inspect SmolLM2-135M-Instruct.gguf",
        "attune tokenizer inspect tokenizers/own --text 'Ein Satz.'",
        "attune tokenizer inspect o200k_base.tiktoken --text 'Ein Satz.'",
        "attune tokenizer inspect bert-base --text Wer? --text-pair 'Der Wirt.' --add-special-tokens --max-length 6 --stride 1",
        "attune tokenizer inspect SmolLM2-135M-Instruct.gguf --ids 504 2929",
    ];

    public override IReadOnlyList<string> Operands => ["tokenizer"];

    public override IReadOnlyList<string> JsonFields => ["tokenizer", "kind", "vocabulary_size", "special_tokens", "tokens", "overflow", "decoded"];

    protected override OptionsSchema CreateSchema() => new OptionsSchema().Add<TokenizerInspectOptions>("Tokenizer");

    public override JsonObject Run(CommandContext context)
    {
        TokenizerInspectOptions options = context.Values.Build<TokenizerInspectOptions>();
        string path = CommandContext.Require(options.Tokenizer, "tokenizer", "a folder or a file of a tokenizer");
        (Tokenizer tokenizer, string kind) = AnyTokenizer.Load(path);
        int[] special = [.. Enumerable.Range(0, tokenizer.VocabularySize).Where(tokenizer.IsSpecial)];
        context.Terminal.Result($"{path}: {kind}, {tokenizer.VocabularySize} ids");
        context.Terminal.Result($"special tokens: {(special.Length == 0 ? "none" : string.Join(", ", special.Select(id => $"{tokenizer.IdToToken(id)} ({id})")))}");
        var result = new JsonObject
        {
            ["tokenizer"] = path,
            ["kind"] = kind,
            ["vocabulary_size"] = tokenizer.VocabularySize,
            ["special_tokens"] = new JsonObject(special.Select(id => KeyValuePair.Create(tokenizer.IdToToken(id)!, (JsonNode?)id))),
        };
        if (options.Text is { } text)
        {
            Encoding encoding = tokenizer.Encode(new EncodeInput(text, options.TextPair), EncodeOptionsOf(options));
            result["tokens"] = Show(context.Terminal, tokenizer, encoding);
            for (int i = 0; i < encoding.Overflow.Count; i++)
            {
                context.Terminal.Result($"part {i + 2} of {encoding.Overflow.Count + 1}:");
                result["overflow"] ??= new JsonArray();
                result["overflow"]!.AsArray().Add(Show(context.Terminal, tokenizer, encoding.Overflow[i]));
            }
        }
        else if (options.TextPair is not null || options.MaxLength is not null || options.Stride != 0 || options.AddSpecialTokens)
        {
            throw new UsageException("--text is missing; --text-pair, --add-special-tokens, --max-length and --stride say how it is encoded");
        }

        if (options.Ids.Count > 0)
        {
            string decoded = Decode(tokenizer, options.Ids);
            context.Terminal.Result(decoded);
            result["decoded"] = decoded;
        }

        return result;
    }

    private static EncodeOptions EncodeOptionsOf(TokenizerInspectOptions options)
    {
        if (options.MaxLength is null && options.Stride != 0)
        {
            throw new UsageException("--max-length is missing; --stride is what the parts share that it cuts");
        }

        if (options.MaxLength is { } length && (length < 1 || options.Stride < 0 || options.Stride >= length))
        {
            throw new UsageException($"--max-length: expected 1 or more, and --stride from 0 to less than that, found {length} and {options.Stride}");
        }

        return new EncodeOptions
        {
            AddSpecialTokens = options.AddSpecialTokens,
            Truncation = options.MaxLength is { } most ? new TruncationOptions { MaxLength = most, Stride = options.Stride } : null,
        };
    }

    private static string Decode(Tokenizer tokenizer, IReadOnlyList<int> ids)
    {
        foreach (int id in ids)
        {
            if (tokenizer.IdToToken(id) is null)
            {
                throw new UsageException($"--ids: expected ids of the vocabulary, which has {tokenizer.VocabularySize}, found {id}");
            }
        }

        return tokenizer.Decode([.. ids]);
    }

    private static JsonArray Show(Terminal terminal, Tokenizer tokenizer, Encoding encoding)
    {
        var tokens = new JsonArray();
        for (int i = 0; i < encoding.Count; i++)
        {
            (int start, int end) = encoding.Offsets[i];
            string? token = tokenizer.IdToToken(encoding.Ids[i]);
            terminal.Result($"{encoding.Ids[i],8}  {start,5}-{end,-5}  {token}");
            tokens.Add(new JsonObject
            {
                ["id"] = encoding.Ids[i],
                ["token"] = token,
                ["start"] = start,
                ["end"] = end,
                ["type"] = encoding.TypeIds[i],
                ["word"] = encoding.WordIds[i],
                ["sequence"] = encoding.SequenceIds[i],
            });
        }

        return tokens;
    }
}
