namespace Attune.Formats.Tests.Gguf;

public class KnownGgufTypesTests
{
    [Fact]
    public void Every_type_is_in_the_list_once()
    {
        Assert.Equal(KnownGgufTypes.All.Count, KnownGgufTypes.All.Select(t => t.Id).Distinct().Count());
        IEnumerable<Type> implementers = typeof(GgufType).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(GgufType)) && !t.IsAbstract);
        Assert.Equal(implementers.OrderBy(t => t.Name), KnownGgufTypes.All.Select(t => t.GetType()).Distinct().OrderBy(t => t.Name));
    }

    [Fact]
    public void Types_are_found_by_name_and_number()
    {
        Assert.All(KnownGgufTypes.All, t => Assert.Same(t, KnownGgufTypes.ById(t.Id)));
        Assert.All(KnownGgufTypes.All, t => Assert.Same(t, KnownGgufTypes.ByName(t.Name.ToLowerInvariant())));
        Assert.Equal(["F32", "F16", "BF16", "Q8_0"], KnownGgufTypes.Writable.Select(t => t.Name));
    }

    [Fact]
    public void Refuses_lengths_that_are_no_whole_blocks()
    {
        foreach (GgufType type in KnownGgufTypes.All)
        {
            Assert.Throws<ArgumentException>(() => type.Dequantize(new byte[type.BlockBytes], new float[type.BlockElements + 1]));
            Assert.Throws<ArgumentException>(() => type.Dequantize(new byte[type.BlockBytes * 2], new float[type.BlockElements]));
            if (!type.CanQuantize)
            {
                Assert.Contains("Q8_0", Assert.Throws<NotSupportedException>(() => type.Quantize(new float[type.BlockElements], new byte[type.BlockBytes])).Message);
            }
        }
    }
}
