using System.Text.Json.Nodes;

namespace Attune.Text.Tests.Templates;

[Trait("Category", "Golden")]
public class RenderedTemplateTests
{
    public static TheoryData<string> Templates => ChatTemplateGoldens.Templates();

    [Theory]
    [MemberData(nameof(Templates))]
    public void Renders_every_context_as_the_reference(string name)
    {
        ChatTemplate template = ChatTemplate.Parse(ChatTemplateGoldens.Template(name), name);
        var differences = new List<string>();
        foreach ((string context, JsonNode? expected) in ChatTemplateGoldens.Read($"rendered/{name}.json.gz")["rendered"]!.AsObject())
        {
            if (ChatTemplateGoldens.Difference(expected!.AsObject(), () => template.Render(ChatTemplateGoldens.Context(context)).Text) is { } difference)
            {
                differences.Add($"{context}: {difference}");
            }
        }

        Assert.True(differences.Count == 0, string.Join("\n\n", differences));
    }
}
