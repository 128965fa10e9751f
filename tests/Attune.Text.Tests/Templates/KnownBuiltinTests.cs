using System.Reflection;
using Attune.Text.Templates.Builtins;

namespace Attune.Text.Tests.Templates;

public class KnownBuiltinTests
{
    [Fact]
    public void Every_built_in_is_in_its_list()
    {
        IEnumerable<Builtin> all = typeof(Builtin).Assembly.GetTypes()
            .Select(type => type.GetField("All", BindingFlags.Public | BindingFlags.Static))
            .Where(field => field?.FieldType == typeof(Builtin[]))
            .SelectMany(field => (Builtin[])field!.GetValue(null)!);
        Assert.All(all, builtin => Assert.True(
            KnownFilters.Has(builtin.Name) || KnownTests.Has(builtin.Name) || KnownGlobals.Find(builtin.Name) is not null, builtin.Name));
    }

    [Theory]
    [InlineData("{{ 'x' | truncate }}", "x")]
    [InlineData("{{ 'abc' is string }}", "True")]
    [InlineData("{{ range(2) | list }}", "[0, 1]")]
    public void Optional_parameters_may_be_left_out(string source, string expected) => Assert.Equal(expected, TemplateRunner.Render(source));
}
