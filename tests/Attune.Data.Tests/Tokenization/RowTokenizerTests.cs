using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Data.Rows;
using Attune.Data.Shapes;
using Attune.Data.Tokenization;
using Attune.Text;

namespace Attune.Data.Tests.Tokenization;

public sealed class RowTokenizerTests
{
    private const string ChatMl = "{% for m in messages %}<bos>{{ m.role }}|{{ m.content }}<end>\n{% endfor %}{% if add_generation_prompt %}<bos>assistant|{% endif %}";
    private readonly LetterTokenizer _letters = new();

    [Fact]
    public void Text_is_learnt_whole_and_ends_in_the_end_token_once()
    {
        Assert.Equal("[<bos>][b][ac][<end>]", Show(new TextExample("bac"), new TokenizationOptions()));
        Assert.Equal("[b][ac]", Show(new TextExample("bac"), new TokenizationOptions { AddEosToken = false, AddSpecialTokens = false }));
        Assert.Equal("[b][<end>]", Show(new TextExample("b<end>"), new TokenizationOptions { AddSpecialTokens = false }));
        Assert.Equal("nothing", Show(new TextExample(""), new TokenizationOptions { AddSpecialTokens = false }));
    }

    [Fact]
    public void Plain_answers_are_learnt_from_the_token_that_holds_their_first_letter()
    {
        Assert.Equal("<bos>b\U0001F642c[d][f][<end>]", Show(new CompletionExample("b\U0001F642c", "df"), new TokenizationOptions()));
        Assert.Equal("b[ad][<end>]", Show(new CompletionExample("ba", "d"), new TokenizationOptions { AddSpecialTokens = false }));
        Assert.Equal("b[d]", Show(new CompletionExample("b", "d"), new TokenizationOptions { AddSpecialTokens = false, AddEosToken = false }));
        Assert.Equal("[b][d][<end>]", Show(new CompletionExample("b", "d"), new TokenizationOptions { AddSpecialTokens = false, TrainOnInputs = true }));
        Assert.Equal("bx[d][<end>]", Show(new CompletionExample("b", "d") { PlainPrompt = "bx" }, new TokenizationOptions { AddSpecialTokens = false }));
    }

    [Fact]
    public void A_prompt_and_its_answer_become_a_conversation_where_there_is_a_template()
    {
        var example = new CompletionExample("b", "d") { System = "s", PlainPrompt = "bx" };
        Assert.Equal("<bos>system|s<end>\n<bos>user|b<end>\n<bos>assistant|[d][<end>]\n", Show(example, new TokenizationOptions(), ChatMl));
        Assert.Equal("<bos>bx[d][<end>]", Show(example, new TokenizationOptions { ApplyChatTemplate = false }, ChatMl));
    }

    [Fact]
    public void Answers_are_learnt_with_their_end_of_turn_and_without_the_line_break_after_it()
    {
        Assert.Equal(
            "<bos>user|b<end>\n<bos>assistant|[\n][x][ ][<end>]\n<bos>user|c<end>\n<bos>assistant|[\U0001F642][z][<end>]\n",
            Show(Chat("user:b", "assistant:\nx ", "user:c", "assistant:\U0001F642z"), new TokenizationOptions(), ChatMl));
        Assert.Equal(
            "<bos>user|b<end>\n<bos>assistant|x<end>\n<bos>assistant|[y][<end>]\n",
            Show(Chat("user:b", "-assistant:x", "assistant:y"), new TokenizationOptions(), ChatMl));
    }

    [Fact]
    public void Without_a_special_token_the_whole_piece_is_learnt()
    {
        const string Template = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}";
        Assert.Equal("user: b\nassistant:[ ][c][\n]", Show(Chat("user:b", "assistant:c"), new TokenizationOptions(), Template));
    }

    [Fact]
    public void A_template_that_marks_answers_is_believed()
    {
        const string Template = "{% for m in messages %}{% generation %}{% if m.role == 'assistant' %}{{ m.content }}<end>{% endif %}{% endgeneration %}{% if m.role != 'assistant' %}{{ m.content }}{% endif %}|{% endfor %}";
        Assert.Equal("b|[c][<end>]|d|[f][<end>]|", Show(Chat("user:b", "assistant:c", "user:d", "assistant:f"), new TokenizationOptions(), Template));
        Assert.Equal("b|c<end>|d|[f][<end>]|", Show(Chat("user:b", "-assistant:c", "user:d", "assistant:f"), new TokenizationOptions(), Template));
    }

    [Fact]
    public void Everything_is_learnt_when_asked()
    {
        string all = Show(Chat("user:b", "assistant:c"), new TokenizationOptions { TrainOnInputs = true }, ChatMl);
        Assert.StartsWith("[<bos>][us][er][|][b]", all, StringComparison.Ordinal);
        Assert.EndsWith("[c][<end>][\n]", all, StringComparison.Ordinal);
    }

    [Fact]
    public void A_template_that_rewrites_what_was_said_is_refused()
    {
        const string Forgets = "{% for m in messages %}{{ m.role }}|{% if loop.last or m.role == 'user' %}{{ m.content }}{% endif %}\n{% endfor %}";
        string error = Assert.Throws<DataException>(() => Show(Chat("user:b", "assistant:c", "user:d", "assistant:f"), new TokenizationOptions(), Forgets)).Message;
        Assert.Contains("a.jsonl, line 1: the chat template changes what stands before an answer", error, StringComparison.Ordinal);
        Assert.Contains("(message 2)", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_of_the_template_and_lost_tool_calls_name_the_row()
    {
        string refused = Assert.Throws<DataException>(() => Show(Chat("user:b", "assistant:c"), new TokenizationOptions(), "{{ raise_exception('only one message') }}")).Message;
        Assert.Contains("a.jsonl, line 1: the chat template refuses the conversation", refused, StringComparison.Ordinal);
        Assert.Contains("only one message", refused, StringComparison.Ordinal);

        ChatExample chat = Chat("user:b", "assistant:c");
        chat.Messages[1]!["tool_calls"] = new JsonArray(new JsonObject { ["function"] = new JsonObject { ["name"] = "f" } });
        Assert.Contains("would be lost", Assert.Throws<DataException>(() => Show(chat, new TokenizationOptions(), ChatMl)).Message, StringComparison.Ordinal);
        Assert.EndsWith("[c][f][<end>]\n", Show(chat, new TokenizationOptions(), ChatMl.Replace("<end>", "{% for t in m.tool_calls %}{{ t.function.name }}{% endfor %}<end>", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void Conversations_with_tools_take_the_template_for_tools()
    {
        ChatExample plain = Chat("user:b", "assistant:c");
        ChatExample tools = plain with { Tools = [] };
        var named = new ChatRenderer(ChatTemplate.Parse("default", "test"), null, null) { ToolTemplate = ChatTemplate.Parse("tools", "test") };
        Assert.Equal("default", Text(named, plain));
        Assert.Equal("tools", Text(named, tools));
        Assert.Equal("default", Text(new ChatRenderer(ChatTemplate.Parse("default", "test"), null, null), tools));
        var only = new ChatRenderer(null, null, null) { ToolTemplate = ChatTemplate.Parse("tools", "test") };
        Assert.Equal("tools", Text(only, tools));
        Assert.Contains("none is called default", Assert.Throws<DataException>(() => Text(only, plain)).Message, StringComparison.Ordinal);

        static string Text(ChatRenderer renderer, ChatExample chat) => renderer.Render(new DataRow("a.jsonl", 1, default(JsonElement)), chat, chat.Messages.Count, addGenerationPrompt: false).Text;
    }

    [Fact]
    public void Missing_parts_of_the_model_are_named()
    {
        Assert.Contains("conversations need a chat template", Assert.Throws<DataException>(() => Show(Chat("user:b", "assistant:c"), new TokenizationOptions())).Message, StringComparison.Ordinal);
        Assert.Contains("names no end-of-text token", Assert.Throws<DataException>(() => new RowTokenizer(_letters, null, null, new TokenizationOptions())).Message, StringComparison.Ordinal);
        Assert.Contains("'<x>' is not in the vocabulary", Assert.Throws<DataException>(() => new RowTokenizer(_letters, null, "<x>", new TokenizationOptions())).Message, StringComparison.Ordinal);
    }

    /// <summary>A conversation of <c>role:content</c>; a minus before the role takes the message out of the loss.</summary>
    private static ChatExample Chat(params string[] messages)
    {
        string[][] parts = [.. messages.Select(message => message.TrimStart('-').Split(':', 2))];
        return new ChatExample(
            new JsonArray([.. parts.Select(part => new JsonObject { ["role"] = part[0], ["content"] = part[1] })]),
            [.. messages.Select(message => message.StartsWith("assistant", StringComparison.Ordinal))]);
    }

    /// <summary>The row's text with the learnt tokens in brackets.</summary>
    private string Show(TrainingExample example, TokenizationOptions options, string? template = null)
    {
        ChatRenderer? chat = template is null ? null : new ChatRenderer(ChatTemplate.Parse(template, "test"), null, null);
        TokenRow? row = new RowTokenizer(_letters, chat, "<end>", options).Tokenize(new DataRow("a.jsonl", 1, default(JsonElement)), example);
        return row is null ? "nothing" : string.Concat(row.InputIds.Zip(row.Labels, (id, label) =>
        {
            Assert.True(label == id || label == TokenRow.NoLoss);
            return label == id ? $"[{_letters.IdToToken(id)}]" : _letters.IdToToken(id)!;
        }));
    }
}
