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
    private readonly ChatTemplate? _toolTemplate;
    private readonly string[] _templateNames;

    private ModelText(Tokenizer tokenizer, TokenizerSource source, IReadOnlyDictionary<string, StoredChatTemplate> templates, IReadOnlyList<int> eosIds)
    {
        Tokenizer = tokenizer;
        Source = source;
        _template = Parse(templates.GetValueOrDefault(ChatTemplateFiles.DefaultName));
        _toolTemplate = Parse(templates.GetValueOrDefault(ChatTemplateFiles.ToolsName));
        _templateNames = [.. templates.Keys];
        EosTokenIds = eosIds;
    }

    public Tokenizer Tokenizer { get; }

    public TokenizerSource Source { get; }

    /// <summary>Whether there are chat templates, even if none is the one to take.</summary>
    public bool HasTemplate => _templateNames.Length > 0;

    /// <summary>Ids that end an answer.</summary>
    public IReadOnlyList<int> EosTokenIds { get; }

    /// <summary>The template for training rows; null when there is none.</summary>
    public ChatRenderer? Renderer => HasTemplate ? new ChatRenderer(_template, Source.BosToken, Source.EosToken) { ToolTemplate = _toolTemplate } : null;

    /// <summary>Opens the tokenizer and the template of a model.</summary>
    /// <param name="file">The model.</param>
    /// <param name="chosenTemplate">The name of the model's template to use for all conversations, or a file with one; null for those that the model uses itself.</param>
    public static ModelText Open(ModelFile file, string? chosenTemplate)
    {
        TokenizerSource source = file.Tokenizer
            ?? throw new UsageException($"{file.Path}: the model has no tokenizer; expected tokenizer.json or vocabulary files in its folder or a vocabulary in its GGUF file");
        Tokenizer tokenizer = TokenizerFiles.Load(source, file.Path);
        IReadOnlyDictionary<string, StoredChatTemplate> templates = chosenTemplate is null
            ? file.ChatTemplates
            : new Dictionary<string, StoredChatTemplate> { [ChatTemplateFiles.DefaultName] = file.ChatTemplates.GetValueOrDefault(chosenTemplate) ?? ReadTemplate(file, chosenTemplate) };
        int[] eos = [.. Ids(file, "eos_token_id")];
        Ids(file, "bos_token_id");
        if (source.EosToken is { } token && tokenizer.TokenToId(token) is { } id)
        {
            eos = [.. eos, id];
        }

        return new ModelText(tokenizer, source, templates, [.. eos.Distinct()]);
    }

    /// <summary>Ids of a conversation, up to where the model answers.</summary>
    /// <exception cref="UsageException">The model has no chat template.</exception>
    public int[] EncodeChat(JsonArray messages)
    {
        ChatTemplate template = _template ?? throw new UsageException(
            $"the model has {(HasTemplate ? $"the chat templates {string.Join(", ", _templateNames)}, none of which is called {ChatTemplateFiles.DefaultName}" : "no chat template")}; "
            + "give one with --chat-template, or use --raw");
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

    private static ChatTemplate? Parse(StoredChatTemplate? template) => template is null ? null : ChatTemplate.Parse(template.Text, template.Place);

    // Ids that padding added to the vocabulary are within it; an id beyond is never written, and a text that it should end never ends.
    private static IEnumerable<int> Ids(ModelFile file, string key)
    {
        int vocabulary = file.Config.FindPositive("vocab_size") ?? int.MaxValue;
        return [.. file.Generation.Values.TokenIds(key, vocabulary), .. file.Config.TokenIds(key, vocabulary)];
    }

    private static StoredChatTemplate ReadTemplate(ModelFile file, string path) => !File.Exists(path)
        ? throw new UsageException($"chat_template: {path}: there is no such file, and the model has {(file.ChatTemplates.Count > 0 ? $"the chat templates {string.Join(", ", file.ChatTemplates.Keys)}" : "no chat template")}")
        : new FileInfo(path).Length > MaxTemplateBytes
        ? throw new UsageException($"chat_template: {path}: expected a Jinja template of at most {MaxTemplateBytes} bytes")
        : ChatTemplateFiles.Load(path);
}
