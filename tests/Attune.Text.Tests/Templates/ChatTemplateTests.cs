using System.Text.Json.Nodes;

namespace Attune.Text.Tests.Templates;

public class ChatTemplateTests
{
    private const string ChatMl =
        "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}" +
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    private static ChatTemplateContext Chat(string messages) => new() { Messages = JsonNode.Parse(messages)!.AsArray() };

    [Fact]
    public void Renders_ChatMl()
    {
        ChatTemplateContext context = Chat("""[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]""") with { AddGenerationPrompt = true };
        Assert.Equal(
            "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
            ChatTemplate.Parse(ChatMl, "chatml").Render(context).Text);
    }

    [Fact]
    public void Counts_generated_text_in_code_points()
    {
        ChatTemplate template = ChatTemplate.Parse("{% for m in messages %}{% if m.role == 'assistant' %}{% generation %}{{ m.content }}{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}", "spans");
        RenderedChat chat = template.Render(Chat("""[{"role": "user", "content": "é😀"}, {"role": "assistant", "content": "😀!"}, {"role": "user", "content": "x"}, {"role": "assistant", "content": ""}]"""));
        Assert.Equal("é😀😀!x", chat.Text);
        Assert.Equal([(2, 4), (5, 5)], chat.GenerationSpans);
    }

    [Fact]
    public void Continues_the_final_message()
    {
        ChatTemplateContext context = Chat("""[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Well, "}]""") with { ContinueFinalMessage = true };
        Assert.EndsWith("assistant\nWell, ", ChatTemplate.Parse(ChatMl, "chatml").Render(context).Text, StringComparison.Ordinal);
        ChatTemplate trimming = ChatTemplate.Parse("{% for m in messages %}[{{ m.content | trim }}]{% endfor %}", "trimming");
        Assert.Equal("[Hi][Well,", trimming.Render(context).Text);
    }

    [Theory]
    [InlineData("[]", "no message")]
    [InlineData("""[{"role": "user"}]""", "no content")]
    [InlineData("""[{"role": "user", "content": [{"type": "image"}]}]""", "no text")]
    [InlineData("""[{"role": "user", "content": 5}]""", "no string")]
    public void Refuses_to_continue_without_a_final_text(string messages, string why)
    {
        ChatTemplateContext context = Chat(messages) with { ContinueFinalMessage = true };
        Assert.True(Record.Exception(() => ChatTemplate.Parse("{{ messages[0].content }}", "t").Render(context)) is TextException, why);
    }

    [Fact]
    public void Refuses_to_continue_what_the_template_does_not_print()
    {
        ChatTemplateContext context = Chat("""[{"role": "user", "content": "Hi"}]""") with { ContinueFinalMessage = true };
        Assert.Throws<TextException>(() => ChatTemplate.Parse("content", "t").Render(context));
        Assert.Throws<TextException>(() => ChatTemplate.Parse("{{ messages[0].role }}", "t").Render(context));
    }

    [Fact]
    public void Shares_reasoning_under_every_name_and_leaves_the_messages_alone()
    {
        ChatTemplateContext context = Chat("""[{"role": "assistant", "content": "", "reasoning": "why"}, {"role": "assistant", "content": "", "reasoning_content": "a", "thinking": "b", "reasoning": "c"}]""");
        string before = context.Messages.ToJsonString();
        ChatTemplate template = ChatTemplate.Parse("{% for m in messages %}{{ m.reasoning_content }} {{ m.thinking }} {{ m.reasoning }};{% endfor %}", "t");
        Assert.Equal("why why why;a b a;", template.Render(context).Text);
        Assert.Equal(before, context.Messages.ToJsonString());
    }

    [Fact]
    public void Gives_variables_of_all_kinds()
    {
        ChatTemplateContext context = Chat("[]") with
        {
            BosToken = "<s>",
            Tools = [new JsonObject { ["name"] = "f" }],
            Variables = new JsonObject { ["whole"] = 2, ["number"] = 2.0, ["flag"] = true, ["bos_token"] = "<b>" },
        };
        ChatTemplate template = ChatTemplate.Parse("{{ bos_token }}{{ eos_token is defined }} {{ tools | tojson }} {{ documents is none }} {{ whole }} {{ number }} {{ flag }}", "t");
        Assert.Equal("<b>False [{\"name\": \"f\"}] True 2 2.0 True", template.Render(context).Text);
    }

    [Theory]
    [InlineData("""[{"role": "user", "role": "system"}]""")]
    [InlineData("""["\ud800"]""")]
    public void Refuses_json_that_says_nothing_certain(string messages)
    {
        Assert.Throws<TextException>(() => ChatTemplate.Parse("{{ messages }}", "t").Render(Chat(messages)));
    }

    [Fact]
    public void Refuses_json_that_is_nested_too_deep()
    {
        JsonNode node = new JsonArray();
        for (int i = 0; i < 5000; i++)
        {
            node = new JsonArray(node);
        }

        ChatTemplateContext context = new() { Messages = [], Variables = new JsonObject { ["deep"] = node } };
        Assert.Throws<TextException>(() => ChatTemplate.Parse("{{ deep }}", "t").Render(context));
    }

    [Fact]
    public void Renders_in_several_threads_at_once()
    {
        ChatTemplate template = ChatTemplate.Parse(ChatMl, "chatml");
        string[] texts = new string[64];
        Parallel.For(0, texts.Length, i => texts[i] = template.Render(Chat($$"""[{"role": "user", "content": "{{i}}"}]""")).Text);
        Assert.Equal(Enumerable.Range(0, texts.Length).Select(i => $"<|im_start|>user\n{i}<|im_end|>\n"), texts);
    }
}
