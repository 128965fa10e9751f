using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Text.Tests.Templates;

[Trait("Category", "Golden")]
public class GenerationSpanTests
{
    private const string File = "assistant_mask.jsonl.gz";

    private static readonly Lazy<JsonObject[]> Rows = new(() => ChatTemplateGoldens.ReadLines(File));
    private static readonly Lazy<JsonObject> OwnTemplates = new(() => ChatTemplateGoldens.Read("own_mask_templates.json"));

    public static TheoryData<int> Cases => ChatTemplateGoldens.Lines(File);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Finds_the_generated_text_where_the_reference_does(int line)
    {
        Goldens.Require("text", "chat_templates", File);
        JsonObject row = Rows.Value[line];
        string name = row["template"]!.GetValue<string>();
        ChatTemplate template = ChatTemplate.Parse(OwnTemplates.Value[name]?.GetValue<string>() ?? ChatTemplateGoldens.Template(name), name);
        RenderedChat? chat = null;
        string? difference = ChatTemplateGoldens.Difference(row, () => (chat = template.Render(ChatTemplateGoldens.Context(row["context"]!.GetValue<string>()))).Text);
        Assert.True(difference is null, $"{name}, {row["context"]}: {difference}");
        if (row["generation_spans"] is JsonArray spans)
        {
            Assert.Equal(spans.Select(span => (span![0]!.GetValue<int>(), span[1]!.GetValue<int>())), chat!.GenerationSpans);
        }
    }
}
