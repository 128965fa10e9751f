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

    /// <summary>Python's patterns take no mark for a part of a word, and all that stands for a number for one.</summary>
    [Theory]
    [InlineData("a\u0301b c", "3")]
    [InlineData("x_1 \u00bd \u0663", "3")]
    [InlineData("\u65e5\u672c \u8a9e", "2")]
    [InlineData("a\u200db", "2")]
    [InlineData("\u2167 _ -", "2")]
    [InlineData("\U0001f600 a\U0001f600b", "2")]
    [InlineData("\U0001d4b3y", "1")]
    [InlineData("", "0")]
    public void Words_are_those_of_Python(string text, string expected) => Assert.Equal(expected, TemplateRunner.Render("{{ x | wordcount }}", $$"""{"x": "{{text}}"}"""));
}
