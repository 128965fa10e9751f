using Attune.Data.Tests.Tokenization;
using Attune.Data.Tokenization;
using Attune.Testing;
using Attune.Text;

namespace Attune.Data.Tests;

/// <summary>Whatever stands in a file, it is read or refused with a data error.</summary>
public sealed class HostileDataTests
{
    private const string Chat = "{% for m in messages %}<bos>{{ m.role }}|{{ m.content }}<end>\n{% endfor %}{% if add_generation_prompt %}<bos>assistant|{% endif %}";

    public static TheoryData<string, string> Samples => new()
    {
        { "a.jsonl", "{\"text\": \"b\\u00e9\\ud83d\\ude00\", \"n\": [1, {\"x\": -1.5e3}]}\r\n{\"text\": \"c\", \"system\": null}\n" },
        { "a.jsonl", "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"b\"}]}, {\"role\": \"assistant\", \"content\": \"c\", \"tool_calls\": [{\"function\": {\"name\": \"f\", \"arguments\": \"{}\"}}], \"weight\": 1}], \"tools\": \"[{}]\"}\n" },
        { "a.json", "[{\"conversations\": [{\"from\": \"human\", \"value\": \"b\"}, {\"from\": \"function_call\", \"value\": \"{\\\"name\\\": \\\"f\\\"}\"}, {\"from\": \"gpt\", \"value\": \"c\"}]},\n {\"conversations\": []}]" },
        { "a.json", "[{\"instruction\": \"b\", \"input\": \"\", \"output\": \"c\"}]\n" },
        { "a.csv", "prompt,completion\n\"b\"\"\n\",c\r\nd,\"e\"\n" },
        { "a.tsv", "text\tlabel\nb\t1\n" },
        { "a.txt", "b\n\n\u2028c\r\n" },
    };

    [Theory]
    [MemberData(nameof(Samples))]
    public void Damaged_files_are_read_or_refused(string name, string text) => Check(name, text, Fuzz.Quick);

    [Theory]
    [Trait("Category", "Slow")]
    [MemberData(nameof(Samples))]
    public void Many_damaged_files_are_read_or_refused(string name, string text) => Check(name, text, Fuzz.Slow);

    private static void Check(string name, string text, int count)
    {
        byte[] sound = System.Text.Encoding.UTF8.GetBytes(text);
        var options = new DataFileOptions { OnBadRows = "skip", MaxRowBytes = 1024 };
        Fuzz.Run<DataException>(sound, count, mutant =>
        {
            var chat = new ChatRenderer(ChatTemplate.Parse(Chat, "test"), null, null);
            var tokenizer = new RowTokenizer(new LetterTokenizer(), chat, "<end>", new TokenizationOptions());
            TokenDataset.Load([DataFiles.Of(name, mutant)], options, new ColumnOptions(), tokenizer, TestContext.Current.CancellationToken);
        });
    }

    [Theory]
    [InlineData("{\"\\ud800\": 1, \"x\": 2}")]
    [InlineData("{\"\\ud800\": 1, \"text\": \"b\"}")]
    [InlineData("{\"messages\": [{\"role\": \"assistant\", \"content\": \"c\", \"\\udc00\": 1}]}")]
    [InlineData("{\"messages\": [{\"\\udc00\": 1, \"role\": \"assistant\", \"content\": \"c\"}], \"tools\": [{\"\\udc00\": 1}]}")]
    [InlineData("{\"messages\": [{\"role\": \"\\udc00\", \"content\": \"c\"}]}")]
    public void Half_characters_in_names_are_refused_or_passed_over(string line)
    {
        var chat = new ChatRenderer(ChatTemplate.Parse(Chat, "test"), null, null);
        var tokenizer = new RowTokenizer(new LetterTokenizer(), chat, "<end>", new TokenizationOptions());
        try
        {
            TokenDataset.Load([DataFiles.Of("a.jsonl", line)], new DataFileOptions(), new ColumnOptions(), tokenizer, TestContext.Current.CancellationToken);
        }
        catch (DataException e)
        {
            Assert.Contains("a.jsonl, line 1: ", e.Message, StringComparison.Ordinal);
        }
    }
}
