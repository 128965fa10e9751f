using System.Text.Json.Nodes;
using Attune.Data.Rows;
using Attune.Data.Shapes;
using Attune.Text;

namespace Attune.Data.Tokenization;

/// <summary>Turns what a row teaches into token ids and labels: answers are learnt with the token that ends them, the rest is context. May be used by several threads at once.</summary>
public sealed class RowTokenizer
{
    private readonly Tokenizer _tokenizer;
    private readonly ChatRenderer? _chat;
    private readonly int? _eosId;

    /// <summary>Makes a tokenizer of rows.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="chat">The model's chat template; null when it has none.</param>
    /// <param name="eosToken">The model's end-of-text token; null when it has none.</param>
    /// <param name="options">What is learnt and how rows are put together.</param>
    /// <exception cref="DataException">An option is out of range, or the end-of-text token is asked for and not in the vocabulary.</exception>
    public RowTokenizer(Tokenizer tokenizer, ChatRenderer? chat, string? eosToken, TokenizationOptions options)
    {
        options.Validate();
        _tokenizer = tokenizer;
        _chat = chat;
        Options = options;
        if (options.AddEosToken)
        {
            _eosId = eosToken is null
                ? throw new DataException("the model names no end-of-text token; say add_eos_token: false.")
                : tokenizer.TokenToId(eosToken) ?? throw new DataException($"the end-of-text token '{eosToken}' is not in the vocabulary; say add_eos_token: false, or correct the tokenizer.");
        }
    }

    /// <summary>What is learnt and how rows are put together.</summary>
    public TokenizationOptions Options { get; }

    /// <summary>Tokenises a row, however long it becomes; null when it has no tokens.</summary>
    /// <exception cref="DataException">The row cannot be rendered or its answers cannot be found.</exception>
    public TokenRow? Tokenize(DataRow row, TrainingExample example) => example switch
    {
        TextExample text => Plain(row, text.Text, null),
        CompletionExample completion when _chat is not null && Options.ApplyChatTemplate => Chat(row, Conversation(completion), _chat),
        CompletionExample completion => Plain(row, completion.PlainPrompt, completion.Completion),
        ChatExample chat => Chat(row, chat, _chat ?? throw row.Wrong("conversations need a chat template, and the model has none; give one with chat_template")),
        _ => throw new DataException($"rows of kind {example.GetType().Name} cannot be tokenised."),
    };

    private static ChatExample Conversation(CompletionExample example)
    {
        var messages = new JsonArray();
        if (example.System is { Length: > 0 } system)
        {
            messages.Add(Message("system", system));
        }

        messages.Add(Message("user", example.Prompt));
        messages.Add(Message("assistant", example.Completion));
        return new ChatExample(messages, [.. messages.Select((_, i) => i == messages.Count - 1)]);
    }

    private static JsonObject Message(string role, string content) => new() { ["role"] = role, ["content"] = content };

    private TokenRow? Plain(DataRow row, string text, string? completion)
    {
        Text.Encoding encoding = Encode(row, text + completion, Options.AddSpecialTokens);
        int[] ids = encoding.Ids;
        int[] labels = completion is null || Options.TrainOnInputs
            ? ids
            : AnswerSpans.Labels(encoding, [new AnswerSpan(CountRunes(text), int.MaxValue)], _tokenizer.IsSpecial);
        if (_eosId is { } eos && ids.Length > 0)
        {
            // The text, or the tokenizer's own post-processor, may have put it there already.
            if (ids[^1] == eos)
            {
                labels[^1] = eos;
            }
            else
            {
                bool all = ReferenceEquals(labels, ids);
                ids = [.. ids, eos];
                labels = all ? ids : [.. labels, eos];
            }
        }

        return ids.Length == 0 ? null : new TokenRow(ids, labels, row.File, row.Line);
    }

    private TokenRow? Chat(DataRow row, ChatExample chat, ChatRenderer renderer)
    {
        RenderedChat rendered = renderer.Render(row, chat, chat.Messages.Count, addGenerationPrompt: false);
        renderer.CheckToolCalls(row, chat, rendered.Text);
        Text.Encoding encoding = Encode(row, rendered.Text, addSpecialTokens: false);
        if (encoding.Count == 0)
        {
            return null;
        }

        int[] labels = Options.TrainOnInputs
            ? encoding.Ids
            : AnswerSpans.Labels(encoding, AnswerSpans.Find(row, chat, renderer, rendered.Text, rendered.GenerationSpans), _tokenizer.IsSpecial);
        return new TokenRow(encoding.Ids, labels, row.File, row.Line);
    }

    private Text.Encoding Encode(DataRow row, string text, bool addSpecialTokens)
    {
        try
        {
            return _tokenizer.Encode(text, addSpecialTokens);
        }
        catch (TextException e)
        {
            throw row.Wrong("the row cannot be tokenised", e.Message, e);
        }
    }

    private static int CountRunes(string text)
    {
        int count = 0;
        foreach (System.Text.Rune _ in text.EnumerateRunes())
        {
            count++;
        }

        return count;
    }
}
