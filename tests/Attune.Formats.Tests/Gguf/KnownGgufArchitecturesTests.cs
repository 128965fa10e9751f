namespace Attune.Formats.Tests.Gguf;

public class KnownGgufArchitecturesTests
{
    [Fact]
    public void Every_architecture_is_in_the_list()
    {
        IEnumerable<Type> implementers = typeof(GgufArchitecture).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(GgufArchitecture)) && !t.IsAbstract);
        Assert.Equal(implementers.OrderBy(t => t.Name), KnownGgufArchitectures.All.Select(t => t.GetType()).OrderBy(t => t.Name));
    }

    [Fact]
    public void No_two_architectures_have_a_model_type_in_common()
    {
        Assert.Distinct(KnownGgufArchitectures.All.SelectMany(architecture => architecture.ModelTypes));
    }
}
