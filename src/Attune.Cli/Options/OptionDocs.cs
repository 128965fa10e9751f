using System.Collections;
using System.Collections.Concurrent;
using System.Reflection;
using System.Text;
using System.Xml.Linq;

namespace Attune.Cli.Options;

/// <summary>The documentation comments of options records, from the XML files that stand beside the assemblies.</summary>
internal static class OptionDocs
{
    private static readonly ConcurrentDictionary<Assembly, Dictionary<string, XElement>> Files = [];

    /// <summary>The summary of a property as plain text; empty when its file is not there.</summary>
    public static string Of(PropertyInfo property)
    {
        Type type = property.DeclaringType!;
        string member = $"P:{type.FullName!.Replace('+', '.')}.{property.Name}";
        return MembersOf(type.Assembly).TryGetValue(member, out XElement? element) && element.Element("summary") is { } summary
            ? Collapse(Render(summary, type.Assembly))
            : "";
    }

    private static Dictionary<string, XElement> MembersOf(Assembly assembly) => Files.GetOrAdd(assembly, static assembly =>
    {
        string path = Path.Combine(AppContext.BaseDirectory, $"{assembly.GetName().Name}.xml");
        return File.Exists(path)
            ? XDocument.Load(path).Descendants("member").ToDictionary(member => member.Attribute("name")!.Value)
            : [];
    });

    private static string Render(XElement element, Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (XNode node in element.Nodes())
        {
            text.Append(node switch
            {
                XText plain => plain.Value,
                XElement see when see.Attribute("cref")?.Value is { } reference => Reference(reference, assembly),
                XElement inner => Render(inner, assembly),
                _ => "",
            });
        }

        return text.ToString();
    }

    // A property is a key; a list of known things is what it lists.
    private static string Reference(string reference, Assembly assembly)
    {
        string name = reference[(reference.LastIndexOf('.') + 1)..];
        if (reference.StartsWith("P:", StringComparison.Ordinal))
        {
            return OptionKey.ToKey(name);
        }

        PropertyInfo? all = assembly.GetType(reference[2..])?.GetProperty("All", BindingFlags.Public | BindingFlags.Static);
        return all?.GetValue(null) is IEnumerable known ? string.Join(", ", known.Cast<object>().Select(NameOf)) : name;
    }

    private static string? NameOf(object known) => known.GetType().GetProperty("Key")?.GetValue(known) as string ?? known.ToString();

    private static string Collapse(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
