namespace Attune.Text.Tests.Templates;

public class TemplateErrorTests
{
    [Theory]
    [InlineData("a\n  {{ 1 + }}", 2, 10)]
    [InlineData("{{ 'x' }}\n{% if a %}\n", 2, 4)]
    [InlineData("{{ x | nosuch }}", 1, 8)]
    [InlineData("{% for i in [1] %}\n{{ i.a.b }}{% endfor %}", 2, 7)]
    [InlineData("{{ 1\n- 'b' }}", 2, 1)]
    [InlineData("line\r\n{{ missing.name }}", 2, 11)]
    [InlineData("{{ \"open }}", 1, 4)]
    [InlineData("{# open", 1, 1)]
    [InlineData("{{ raise_exception('no') }}", 1, 19)]
    public void Names_template_line_and_column(string source, int line, int column)
    {
        TemplateException error = TemplateRunner.Fail(source);
        Assert.Equal((line, column), (error.Line, error.Column));
        Assert.Equal($"chat template 'test', line {line}, column {column}: {error.Reason}", error.Message);
    }

    [Fact]
    public void Keeps_the_templates_own_message()
    {
        TemplateException error = TemplateRunner.Fail("{{ raise_exception('roles must ' ~ 'alternate') }}");
        Assert.True(error.RaisedByTemplate);
        Assert.Equal("roles must alternate", error.Reason);
        Assert.False(TemplateRunner.Fail("{{ 1 / 0 }}").RaisedByTemplate);
    }

    [Theory]
    [InlineData("{% include 'x' %}")]
    [InlineData("{% import 'x' as y %}")]
    [InlineData("{% from 'x' import y %}")]
    [InlineData("{% extends 'x' %}")]
    public void Refuses_to_load_other_files(string source) => Assert.Contains("cannot load another file", TemplateRunner.Fail(source).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("{{ ''.__class__.__mro__ }}", "sandbox")]
    [InlineData("{{ [].append(1) }}", "sandbox")]
    [InlineData("{{ {}.update({}) }}", "sandbox")]
    [InlineData("{{ 'a' + 1 }}", "use '~'")]
    [InlineData("{{ f(1) }}", "'f' is undefined")]
    [InlineData("{{ 'x' | center(width=1, size=2) }}", "no parameter 'size'")]
    [InlineData("{% set ns = namespace(_a=1) %}", "underscore")]
    public void Says_what_is_wrong(string source, string part) => Assert.Contains(part, TemplateRunner.Fail(source).Message, StringComparison.Ordinal);

    [Fact]
    public void Lets_ifs_guard_filters_that_do_not_exist()
    {
        Assert.Equal("ok", TemplateRunner.Render("{% if false %}{{ x | nosuch }}{% endif %}{{ (x | nosuch) if false else 'ok' }}"));
        Assert.Contains("no filter 'nosuch'", TemplateRunner.Fail("{% if true %}{{ x | nosuch }}{% endif %}").Message, StringComparison.Ordinal);
        Assert.Contains("no test 'nosuch'", TemplateRunner.Fail("{% for i in [] %}{{ i is nosuch }}{% endfor %}").Message, StringComparison.Ordinal);
    }
}
