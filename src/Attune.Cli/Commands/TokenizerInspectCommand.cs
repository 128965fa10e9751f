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

    /// <summary>Whether special tokens are added to the text. Default: false.</summary>
    public bool AddSpecialTokens { get; init; }
}

/// <summary><c>attune tokenizer inspect</c>.</summary>
internal sealed class TokenizerInspectCommand : ToolCommand
{
    public override string Name => "tokenizer inspect";

    public override string Summary => "Say what a tokenizer is, and show how it cuts a text.";

    public override IReadOnlyList<string> Examples =>
    [
        "attune tokenizer inspect SmolLM2-135M-Instruct.gguf",
        "attune tokenizer inspect tokenizers/own --text 'Ein Satz.'",
        "attune tokenizer inspect o200k_base.tiktoken --text 'Ein Satz.'",
    ];

    public override IReadOnlyList<string> Operands => ["tokenizer"];

    public override IReadOnlyList<string> JsonFields => ["tokenizer", "kind", "vocabulary_size", "special_tokens", "tokens"];

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
            result["tokens"] = Show(context.Terminal, tokenizer, tokenizer.Encode(text, options.AddSpecialTokens));
        }

        return result;
    }

    private static JsonArray Show(Terminal terminal, Tokenizer tokenizer, Encoding encoding)
    {
        var tokens = new JsonArray();
        for (int i = 0; i < encoding.Count; i++)
        {
            (int start, int end) = encoding.Offsets[i];
            string? token = tokenizer.IdToToken(encoding.Ids[i]);
            terminal.Result($"{encoding.Ids[i],8}  {start,5}-{end,-5}  {token}");
            tokens.Add(new JsonObject { ["id"] = encoding.Ids[i], ["token"] = token, ["start"] = start, ["end"] = end });
        }

        return tokens;
    }
}
