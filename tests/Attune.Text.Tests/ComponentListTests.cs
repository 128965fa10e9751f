using Attune.Text.Decoders;
using Attune.Text.Json;
using Attune.Text.Models;
using Attune.Text.Normalizers;
using Attune.Text.PostProcessors;
using Attune.Text.PreTokenizers;

namespace Attune.Text.Tests;

public class ComponentListTests
{
    [Fact]
    public void Every_component_is_in_its_list()
    {
        Check(KnownModels.All);
        Check(KnownNormalizers.All);
        Check(KnownPreTokenizers.All);
        Check(KnownPostProcessors.All);
        Check(KnownDecoders.All);
    }

    private static void Check<T>(ComponentList<T> known)
    {
        Type?[] listed = [.. known.Select(entry => entry.Value.Method.DeclaringType)];
        foreach (Type type in typeof(T).Assembly.GetTypes().Where(type => type.IsClass && !type.IsAbstract && type.Namespace == typeof(T).Namespace && type.IsAssignableTo(typeof(T))))
        {
            Assert.True(listed.Contains(type), $"{type.Name} is missing from its list");
        }
    }
}
