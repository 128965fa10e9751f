using System.Diagnostics;

namespace Attune.Text.Tests.Templates;

/// <summary>Programs that ask for too much end with the typed error; the generous time here tells a hang from a limit, not fast from slow.</summary>
public class TemplateLimitTests
{
    public static TheoryData<string> Greedy =>
    [
        "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{{ 'x' * 1000000000000 }}",
        "{{ 'x' * 2 ** 100 }}",
        "{{ [0] * 1000000000 }}",
        "{{ 2 ** 1000000000 }}",
        "{{ 9 ** 99 ** 999 }}",
        "{% set ns = namespace(x='x') %}{% for i in range(100) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(100) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
        "{% set ns = namespace(x=(1,)) %}{% for i in range(100) %}{% set ns.x = {ns.x: (ns.x, ns.x)} %}{% endfor %}{{ ns.x == ns.x }}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
        "{% set ns = namespace(x=[]) %}{% for i in range(100000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}",
        "{% set ns = namespace() %}{% set ns.me = ns %}{{ ns }}",
        "{% set ns = namespace(x='ab') %}{% for i in range(100000) %}{% set ns.x = ns.x | map('upper') %}{% endfor %}{{ ns.x | list }}",
        "{{ 'x' | center(2000000000) }}",
        "{{ '%2000000000d' % 1 }}",
        "{{ '{:2000000000}'.format(1) }}",
        "{{ [1] | tojson(indent=2000000000) }}",
        "{{ 'a\nb' | indent(2000000000) }}",
        "{{ 'x'.ljust(2000000000) }}",
        "{{ '\t'.expandtabs(2000000000) }}",
        "{{ 'x' | batch(2000000000, 0) | list }}",
        "{{ 'x' | slice(2000000000) | list }}",
        "{% set ns = namespace(x='a') %}{% for i in range(100) %}{% set ns.x = ns.x.replace('a', 'aaaaaaaaaa') %}{% endfor %}",
        "{% set s = 'ab' * 1000000 %}{% for i in range(100000) %}{{ 'c' in s }}{% endfor %}",
        "{% set s = 'ab' * 1000000 %}{% for i in range(100000) %}{% set x = s.upper() %}{% endfor %}",
        "{% set s = 'ab' * 1000000 %}{% for i in range(100000) %}{% set x = s ~ i %}{% endfor %}",
        "{% set s = '😀' * 1000000 %}{% for i in range(100000) %}{% set x = s[999999] %}{% endfor %}",
        "{% set a = range(100000) | list %}{% set b = range(100000) | list %}{% for i in a %}{% if a == b %}{% endif %}{% endfor %}",
        "{% set a = range(100000) | list %}{% for i in a %}{{ a | sort }}{% endfor %}",
        "{% set s = 'x' * 8000000 %}{{ s }}{{ s }}{{ s }}",
    ];

    [Theory]
    [MemberData(nameof(Greedy))]
    public void Stops_greedy_templates(string source)
    {
        var clock = Stopwatch.StartNew();
        TemplateRunner.Fail(source);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"took {clock.Elapsed}");
    }

    [Theory]
    [InlineData("(", ")")]
    [InlineData("[", "]")]
    [InlineData("-", "")]
    [InlineData("not ", "")]
    [InlineData("1 if 1 else ", "")]
    [InlineData("x(", ")")]
    [InlineData("x[", "]")]
    public void Refuses_expressions_nested_too_deep(string open, string close) =>
        TemplateRunner.Fail("{{ " + string.Concat(Enumerable.Repeat(open, 100_000)) + "1" + string.Concat(Enumerable.Repeat(close, 100_000)) + " }}");

    [Theory]
    [InlineData("x", ".y")]
    [InlineData("x", "[0]")]
    [InlineData("'a'", "|upper")]
    [InlineData("1", "+1")]
    [InlineData("1", " is number")]
    [InlineData("x", "()")]
    public void Refuses_chains_that_are_too_long(string start, string link) =>
        TemplateRunner.Fail("{{ " + start + string.Concat(Enumerable.Repeat(link, 100_000)) + " }}", """{"x": 1}""");

    [Fact]
    public void Refuses_blocks_nested_too_deep() => TemplateRunner.Fail(string.Concat(Enumerable.Repeat("{% if 1 %}", 100_000)));

    [Fact]
    public void Counts_steps_depth_and_length_by_the_limits_given()
    {
        const string Loop = "{% for i in range(50) %}{{ i }}{% endfor %}";
        Assert.NotEmpty(TemplateRunner.Render(Loop));
        Assert.Contains("Steps", TemplateRunner.Fail(Loop, limits: new TemplateLimits { Steps = 100 }).Message, StringComparison.Ordinal);
        Assert.Contains("TextLength", TemplateRunner.Fail(Loop, limits: new TemplateLimits { TextLength = 50 }).Message, StringComparison.Ordinal);
        Assert.Contains("Depth", TemplateRunner.Fail("{{ ((1 + 2) * 3) ~ 4 }}", limits: new TemplateLimits { Depth = 3 }).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Leaves_room_for_long_conversations()
    {
        string messages = string.Join(",", Enumerable.Range(0, 2000).Select(i => $$"""{"role": "{{(i % 2 == 0 ? "user" : "assistant")}}", "content": "{{new string('x', 2000)}}"}"""));
        const string Source = "{% for m in messages %}{% if loop.index0 == messages | length - 1 %}!{% endif %}{% set c = m.content %}"
            + "{% if '</think>' in c %}{% set c = c.split('</think>')[-1] %}{% endif %}{{ '<' + m.role + '>' + c | trim + '\n' }}{% endfor %}";
        Assert.True(TemplateRunner.Render(Source, $$"""{"messages": [{{messages}}]}""").Length > 4_000_000);
    }
}
