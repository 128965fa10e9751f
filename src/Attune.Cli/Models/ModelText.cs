using System.Text.Json.Nodes;
using Attune.Data.Tokenization;
using Attune.Formats;
using Attune.Text;

namespace Attune.Cli.Models;

/// <summary>A model's side of text: its tokenizer, its special tokens, its chat template.</summary>
internal sealed class ModelText
{
    private const int MaxTemplateBytes = 1 << 20;

    private readonly ChatTemplate? _template;

    private ModelText(Tokenizer tokenizer, TokenizerSource source, ChatTemplate? template, IReadOnlyList<int> eosIds)
    {
        Tokenizer = tokenizer;
        Source = source;
        _template = template;
        EosTokenIds = eosIds;
    }

    public Tokenizer Tokenizer { get; }

    public TokenizerSource Source { get; }

    public bool HasTemplate => _template is not null;

    /// <summary>Ids that end an answer.</summary>
    public IReadOnlyList<int> EosTokenIds { get; }

    /// <summary>The template for training rows; null when there is none.</summary>
    public ChatRenderer? Renderer => _template is null ? null : new ChatRenderer(_template, Source.BosToken, Source.EosToken);

    /// <summary>Opens the tokenizer and the template of a model.</summary>
    /// <param name="file">The model.</param>
    /// <param name="templatePath">A template to use instead of the model's; null for the model's.</param>
    public static ModelText Open(ModelFile file, string? templatePath)
    {
        TokenizerSource source = file.Tokenizer
            ?? throw new UsageException($"{file.Path}: the model has no tokenizer; expected tokenizer.json or vocabulary files in its folder or a vocabulary in its GGUF file");
        Tokenizer tokenizer = TokenizerFiles.Load(source, file.Path);
        string? template = templatePath is null ? file.ChatTemplate : ReadTemplate(templatePath);
        int[] eos = [.. Ids(file, "eos_token_id")];
        Ids(file, "bos_token_id");
        if (source.EosToken is { } token && tokenizer.TokenToId(token) is { } id)
        {
            eos = [.. eos, id];
        }

        return new ModelText(tokenizer, source, template is null ? null : ChatTemplate.Parse(template, templatePath ?? file.ChatTemplatePlace ?? file.Path), [.. eos.Distinct()]);
    }

    /// <summary>Ids of a conversation, up to where the model answers.</summary>
    /// <exception cref="UsageException">The model has no chat template.</exception>
    public int[] EncodeChat(JsonArray messages)
    {
        ChatTemplate template = _template ?? throw new UsageException("the model has no chat template; give one with --chat-template, or use --raw");
        string text = template.Render(new ChatTemplateContext
        {
            Messages = messages,
            AddGenerationPrompt = true,
            BosToken = Source.BosToken,
            EosToken = Source.EosToken,
        }).Text;
        return Tokenizer.Encode(text).Ids;
    }

    /// <summary>Ids of a text that is continued as it is.</summary>
    public int[] EncodeRaw(string text) => Tokenizer.Encode(text, addSpecialTokens: true).Ids;

    /// <summary>A message of a conversation.</summary>
    public static JsonObject Message(string role, string content) => new() { ["role"] = role, ["content"] = content };

    // Ids that padding added to the vocabulary are within it; an id beyond is never written, and a text that it should end never ends.
    private static IEnumerable<int> Ids(ModelFile file, string key)
    {
        int vocabulary = file.Config.FindPositive("vocab_size") ?? int.MaxValue;
        return [.. file.Generation.Values.TokenIds(key, vocabulary), .. file.Config.TokenIds(key, vocabulary)];
    }

    private static string ReadTemplate(string path) => !File.Exists(path)
        ? throw new UsageException($"chat_template: {path}: there is no such file")
        : new FileInfo(path).Length > MaxTemplateBytes
        ? throw new UsageException($"chat_template: {path}: expected a Jinja template of at most {MaxTemplateBytes} bytes")
        : File.ReadAllText(path);
}
