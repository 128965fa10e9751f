using System.Xml.Linq;
using Attune.Testing;

namespace Attune.Architecture.Tests;

/// <summary>The direction of dependencies between the projects, read from the project files.</summary>
public sealed class ProjectReferenceTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Tensors"] = [],
        ["Text"] = [],
        ["Hub"] = [],
        ["Kernels"] = ["Tensors"],
        ["Formats"] = ["Tensors"],
        ["Nn"] = ["Tensors"],
        ["Models"] = ["Nn", "Formats"],
        ["Adapters"] = ["Nn", "Formats"],
        ["Export"] = ["Models"],
        ["Data"] = ["Text", "Formats"],
        ["Training"] = ["Models", "Adapters", "Data"],
        ["Inference"] = ["Models", "Adapters", "Text"],
        ["Evaluation"] = ["Inference", "Data"],
        ["Retrieval"] = ["Data"],
        ["Cli"] = ["Kernels", "Training", "Evaluation", "Export", "Hub", "Retrieval"],
    };

    [Fact]
    public void Projects_reference_only_the_floors_below_them()
    {
        foreach (string folder in Directory.EnumerateDirectories(Path.Combine(Repository.Root, "src")))
        {
            string name = Path.GetFileName(folder).Replace("Attune.", string.Empty, StringComparison.Ordinal);
            Assert.True(Allowed.ContainsKey(name), $"Attune.{name} has no row in the list of allowed references");
            XDocument project = XDocument.Load(Path.Combine(folder, $"Attune.{name}.csproj"));
            foreach (XElement reference in project.Descendants("ProjectReference"))
            {
                string target = Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/'))
                    .Replace("Attune.", string.Empty, StringComparison.Ordinal);
                Assert.True(Allowed[name].Contains(target), $"Attune.{name} may not reference Attune.{target}");
            }
        }
    }

    [Fact]
    public void Only_Kernels_may_be_unsafe()
    {
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories))
        {
            bool isUnsafe = XDocument.Load(file).Descendants("AllowUnsafeBlocks").Any(element => element.Value == "true");
            Assert.True(!isUnsafe || Path.GetFileName(file) == "Attune.Kernels.csproj", $"{Path.GetFileName(file)} allows unsafe code");
        }
    }
}
