using System.Text.Json.Nodes;
using Attune.Text.Templates;

namespace Attune.Text.Tests.Templates;

/// <summary>Renders templates outside of a chat.</summary>
internal static class TemplateRunner
{
    /// <summary>The text that a template gives with these variables.</summary>
    public static string Render(string source, string variables = "{}", TemplateLimits? limits = null) => new Template(source, "test").Render(
        JsonNode.Parse(variables)!.AsObject().Select(variable => KeyValuePair.Create(variable.Key, JsonValues.Convert(variable.Value))),
        new DateTimeOffset(2026, 1, 4, 9, 5, 7, TimeSpan.Zero),
        limits ?? TemplateLimits.Default).Text;

    /// <summary>The error that a template ends with.</summary>
    public static TemplateException Fail(string source, string variables = "{}", TemplateLimits? limits = null) =>
        Assert.Throws<TemplateException>(() => Render(source, variables, limits));
}
