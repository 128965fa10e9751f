using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Attune.Data.Rows;
using Attune.Data.Shapes;
using Attune.Data.Tokenization;
using Attune.Testing;
using Attune.Text;

namespace Attune.Data.Tests.Tokenization;

/// <summary>Which tokens are learnt, against the masks that transformers makes of templates with generation blocks.</summary>
[Trait("Category", "Golden")]
public sealed partial class AssistantMaskGoldenTests
{
    private const string Folder = "text/chat_templates";
    private const int EndOfTurn = 2;
    private const int LineBreak = 198;

    public static TheoryData<string> Templates
    {
        get
        {
            var names = new TheoryData<string>();
            if (!File.Exists(Path.Combine(Goldens.Root, Folder, "assistant_mask.jsonl.gz")))
            {
                names.Add(Goldens.None);
                return names;
            }

            foreach (string name in Rows().Select(row => row.GetProperty("template").GetString()!).Distinct())
            {
                names.Add(name);
            }

            return names;
        }
    }

    [Theory]
    [MemberData(nameof(Templates))]
    public void Learnt_tokens_are_those_of_the_generation_blocks(string template)
    {
        Goldens.Require(Folder, "assistant_mask.jsonl.gz");
        JsonElement contexts = JsonElement.Parse(File.ReadAllBytes(Goldens.Require(Folder, "contexts.json"))).GetProperty("contexts");
        ChatTemplate parsed = ChatTemplate.Parse(Source(template), template);
        int compared = 0;
        foreach (JsonElement expected in Rows().Where(row => row.GetProperty("template").ValueEquals(template) && row.TryGetProperty("input_ids", out _)))
        {
            string name = expected.GetProperty("context").GetString()!;
            (int Start, int End)[] spans = [.. expected.GetProperty("generation_spans").EnumerateArray().Select(span => (span[0].GetInt32(), span[1].GetInt32()))];
            if (spans.Length == 0)
            {
                continue;
            }

            TokenRow row = Tokenize(parsed, contexts.GetProperty(name), contexts.GetProperty(name).GetProperty("add_generation_prompt").GetBoolean());
            Assert.True(Ints(expected.GetProperty("input_ids")).AsSpan().SequenceEqual(row.InputIds), $"{name}: other ids");
            AssertLabels(name, row.Labels, Ints(expected.GetProperty("assistant_masks")), spans, RealModel.Tokenizer.Encode(expected.GetProperty("out").GetString()!).Offsets);
            compared++;
        }

        Assert.SkipWhen(compared == 0, "the template marks no answers; they are found by rendering prefixes, which the reference cannot");
    }

    [Theory]
    [InlineData("trl_qwen2_5_training")]
    [InlineData("trl_qwen3_instruct_2507_training")]
    [InlineData("trl_qwen3_vl_training")]
    public void Answers_found_by_rendering_prefixes_are_those_of_the_generation_blocks(string template)
    {
        JsonElement contexts = JsonElement.Parse(File.ReadAllBytes(Goldens.Require(Folder, "contexts.json"))).GetProperty("contexts");
        string source = Source(template);
        ChatTemplate marked = ChatTemplate.Parse(source, template);
        ChatTemplate unmarked = ChatTemplate.Parse(GenerationTags().Replace(source, "{%${1} if true ${2}%}").Replace("endgeneration", "endif", StringComparison.Ordinal), template);
        foreach (string name in new[] { "multi_turn", "two_calls_two_results", "reasoning_last", "unicode", "think_tags_in_content", "long_mixed" })
        {
            TokenRow expected = Tokenize(marked, contexts.GetProperty(name), generationPrompt: false);
            TokenRow found = Tokenize(unmarked, contexts.GetProperty(name), generationPrompt: false);
            Assert.Equal(expected.InputIds, found.InputIds);
            for (int i = 0; i < found.Length; i++)
            {
                // These templates also mark the line breaks before an answer and after its end of turn, neither of which a model is asked to write.
                bool lineBreak = expected.InputIds[i] == LineBreak && (expected.InputIds[i - 1] == EndOfTurn || expected.Labels[i - 1] == TokenRow.NoLoss);
                Assert.True(found.Labels[i] == (lineBreak ? TokenRow.NoLoss : expected.Labels[i]), $"{name}: token {i}");
            }
        }
    }

    /// <summary>
    /// A token is learnt when it shares a character with a span. The reference differs in two places: in texts with an empty span it marks tokens that hold no part
    /// of an answer, and of a last character that several tokens make up it marks the first only.
    /// </summary>
    private static void AssertLabels(string name, int[] labels, int[] reference, (int Start, int End)[] spans, (int Start, int End)[] offsets)
    {
        for (int i = 0; i < reference.Length; i++)
        {
            (int start, int end) = offsets[i];
            bool learnt = labels[i] != TokenRow.NoLoss;
            Assert.True(learnt == spans.Any(span => Math.Max(start, span.Start) < Math.Min(end, span.End)), $"{name}: token {i} breaks the definition");
            bool quirk = spans.Any(span => span.Start == span.End) || (learnt && spans.Any(span => end == span.End && i > 0 && offsets[i - 1].End == end));
            Assert.True(quirk || learnt == (reference[i] == 1), $"{name}: token {i} differs from the reference");
        }
    }

    private static TokenRow Tokenize(ChatTemplate template, JsonElement context, bool generationPrompt)
    {
        var messages = (JsonArray)JsonNode.Parse(context.GetProperty("messages").GetRawText())!;
        var example = new ChatExample(messages, [.. messages.Select(message => (string?)message!["role"] == "assistant")])
        {
            Tools = JsonNode.Parse(context.GetProperty("tools").GetRawText()) as JsonArray,
        };
        var variables = (JsonObject)JsonNode.Parse(context.GetProperty("kwargs").GetRawText())!;
        if (generationPrompt)
        {
            // Training rows never end in one; here the text must be the recorded one.
            variables["add_generation_prompt"] = true;
        }

        var chat = new ChatRenderer(template, (string?)variables["bos_token"], (string?)variables["eos_token"], variables);
        var tokenizer = new RowTokenizer(RealModel.Tokenizer, chat, "<|im_end|>", new TokenizationOptions());
        try
        {
            return tokenizer.Tokenize(new DataRow("golden", 1, default), example)!;
        }
        catch (DataException e) when (e.Message.Contains("does not write tool calls", StringComparison.Ordinal))
        {
            // The reference loses the calls without a word: it has the text of a conversation without them.
            foreach (JsonNode? message in messages)
            {
                ((JsonObject)message!).Remove("tool_calls");
            }

            return tokenizer.Tokenize(new DataRow("golden", 1, default), example)!;
        }
    }

    private static string Source(string template)
    {
        JsonElement own = JsonElement.Parse(File.ReadAllBytes(Goldens.Require(Folder, "own_mask_templates.json")));
        return own.TryGetProperty(template, out JsonElement source)
            ? source.GetString()!
            : File.ReadAllText(Goldens.Require(Folder, "templates", template + ".jinja"));
    }

    private static int[] Ints(JsonElement array) => [.. array.EnumerateArray().Select(item => item.GetInt32())];

    private static IEnumerable<JsonElement> Rows() =>
        System.Text.Encoding.UTF8.GetString(RealModel.Gunzip(Path.Combine(Goldens.Root, Folder, "assistant_mask.jsonl.gz")))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line));

    [GeneratedRegex(@"\{%(-?)\s*generation\s*(-?)%\}")]
    private static partial Regex GenerationTags();
}
