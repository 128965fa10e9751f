using System.Text.Json.Nodes;
using Attune.Testing;
using Attune.Text.Templates;

namespace Attune.Text.Tests.Templates;

[Trait("Category", "Golden")]
public class JinjaLanguageTests
{
    private const string File = "jinja_cases.jsonl";

    private static readonly Lazy<JsonObject[]> Rows = new(() => ChatTemplateGoldens.ReadLines(File));

    public static TheoryData<int> Cases => ChatTemplateGoldens.Lines(File);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Speaks_the_language_as_the_reference(int line)
    {
        Goldens.Require("text", "chat_templates", File);
        JsonObject row = Rows.Value[line];
        string source = row["template"]!.GetValue<string>();
        string? difference = ChatTemplateGoldens.Difference(row, () => new Template(source, "case").Render(
            row["context"]!.AsObject().Select(variable => KeyValuePair.Create(variable.Key, JsonValues.Convert(variable.Value))),
            ChatTemplateGoldens.Clock.GetLocalNow(),
            TemplateLimits.Default).Text);
        Assert.True(difference is null, $"{row["group"]} {row["id"]}: {source}\n{difference}");
    }
}
