using Attune.Data.Batching;
using Attune.Data.Formats;
using Attune.Data.Shapes;

namespace Attune.Data.Tests;

public sealed class KnownListsTests
{
    [Fact]
    public void Every_format_shape_and_packing_strategy_is_in_its_list()
    {
        AssertAll(KnownDataFormats.All, format => format.Key);
        AssertAll(KnownRowShapes.All, shape => shape.Key);
        AssertAll(KnownPackingStrategies.All, strategy => strategy.Key);
        string[] extensions = [.. KnownDataFormats.All.SelectMany(format => format.Extensions)];
        Assert.Equal(extensions.Distinct(), extensions);
    }

    private static void AssertAll<T>(IReadOnlyList<T> listed, Func<T, string> key)
    {
        IEnumerable<Type> implementers = typeof(T).Assembly.GetTypes().Where(type => type.IsClass && !type.IsAbstract && type.IsAssignableTo(typeof(T)));
        Assert.Equal(implementers.OrderBy(type => type.Name), listed.Select(item => item!.GetType()).OrderBy(type => type.Name));
        Assert.Equal(listed.Count, listed.Select(key).Distinct().Count());
    }
}
