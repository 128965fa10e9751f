using Attune.Testing;
using Attune.Text.Templates.Builtins;

namespace Attune.Text.Tests.Templates;

/// <summary>Programs that ask for too much end with the typed error, within a second and 64 MB.</summary>
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
    public void Stops_greedy_templates(string source) => Refuse(source, source);

    /// <summary>What is repeated for as long as the limits allow.</summary>
    public static TheoryData<string> Bodies =>
    [
        "", "x", "{{ i }}", "{% set y = 1 %}", "{% set y = [] %}", "{% set y = {} %}", "{% set y = (1, 2) %}", "{% set y = {'a': 1, 'b': [i]} %}", "{% set y = dict(a=1) %}", "{% set y = namespace() %}",
        "{% set y = m(1, b=2) %}", "{% call m() %}{% endcall %}", "{% set y %}a{% endset %}", "{% filter upper %}a{% endfilter %}", "{% with a = 1 %}{% endwith %}", "{% if y.z %}{% endif %}", "{% for k in [1] %}{{ loop.index }}{% endfor %}",
        "{% set y = 9 ** 4000 %}", "{% set y = 9 ** 4000 + i %}", "{% set y = 9 ** 2000 * 9 ** 2000 %}", "{% set y = (9 ** 4000) // 7 ** 2000 %}", "{% set y = (9 ** 4000) | string %}", "{% set y = n | int %}",
        "{% set y = '%x' % 9 ** 4000 %}", "{% set y = '{:b}'.format(9 ** 4000) %}", "{% set y = '%o' % 9 ** 4000 %}", "{% set y = '%.100000f' % 1.1 %}", "{% set y = '%.1000f' % 1.1 %}", "{% set y = '%100000d' % 1 %}", "{% set y = '%100000s' % 1 %}",
        "{% set y = '{:1000}'.format(1) %}", "{% set y = '{:,}'.format(9 ** 4000) %}", "{% set y = 1.5 | round(2000000000) %}", "{% set y = 15 | round(-4000) %}", "{% set y = 1.1 | round(20) %}",
        "{% set y = s.upper() %}", "{% set y = s | upper %}", "{% set y = s | title %}", "{% set y = s.title() %}", "{% set y = s | capitalize %}", "{% set y = s | list %}", "{% set y = s[::-1] %}", "{% set y = s[1:] %}", "{% set y = s[5] %}",
        "{% set y = s.split() %}", "{% set y = s.split('a') %}", "{% set y = s.rsplit('a') %}", "{% set y = s.splitlines() %}", "{% set y = s.partition('b') %}", "{% set y = s.translate({97: 'bbb'}) %}", "{% set y = s.encode() %}",
        "{% set y = s.replace('a', 'bc') %}", "{% set y = s.replace('', '-') %}", "{% set y = s | wordwrap(1) %}", "{% set y = s | wordwrap(1, wrapstring='xxxxxxxxxxxxxxxx') %}", "{% set y = s | wordcount %}", "{% set y = s | indent(100) %}",
        "{% set y = s | urlencode %}", "{% set y = u | urlencode %}", "{% set y = '<' * 1000 | e %}", "{% set y = s | striptags %}", "{% set y = s | tojson %}", "{% set y = c | tojson %}", "{% set y = [c] | string %}", "{% set y = s | center(9000) %}",
        "{% set y = s.strip(s) %}", "{% set y = s.count(s[1:]) %}", "{% set y = s.find(p) %}", "{% set y = s.rfind(p) %}", "{% set y = p in s %}", "{% set y = s.split(p) %}", "{% set y = s.replace(p, '') %}", "{% set y = s | reverse %}", "{% set y = s.expandtabs(100) %}",
        "{% set y = s.zfill(9000) %}", "{% set y = s ~ i %}", "{% set y = s + s %}", "{% set y = s * 2 %}", "{% set y = '%s' % s %}", "{% set y = '{}'.format(s) %}", "{% set y = '{!r}'.format(s) %}", "{% set y = s | truncate(20) %}", "{% set y = s | unique | list %}",
        "{% set y = l | map('string') | list %}", "{% set y = l | sort %}", "{% set y = l + l %}", "{% set y = l * 2 %}", "{% set y = l[::-1] %}", "{% set y = l | join(',') %}", "{% set y = l | tojson(indent=8) %}", "{% set y = l | batch(2) | list %}", "{% set y = l | slice(300) | list %}",
        "{% set y = l | unique | list %}", "{% set y = l | sum %}", "{% set y = l | min %}", "{% set y = l | reverse | list %}", "{% set y = l | select('odd') | list %}", "{% set y = l | string %}", "{% set y = l == l %}", "{% set y = 5000 in l %}", "{% set y = l | random %}",
        "{% set y = d | dictsort %}", "{% set y = d.items() | list %}", "{% set y = d | items | list %}", "{% set y = dict(d) %}", "{% set y = d | tojson %}", "{% set y = d | xmlattr %}", "{% set y = [d] | groupby('k1') %}", "{% set y = [d] | map(attribute='k1') | list %}",
        "{% set y = strftime_now('%A' * 1000) %}", "{% set y = '1' | filesizeformat %}", "{% set y = cycler(1, 2) %}", "{% set y = joiner() %}", "{% set y = range(100000) | list %}", "{% set y = range(i) %}", "{% set y = i | float %}", "{% set y = 1 is number %}",
        "{% set z.x = z.x + [1] %}", "{% set z.x = [z.x] %}", "{% set z.s = z.s ~ 'a' %}", "{% set z.s = z.s * 2 %}", "{% set z.i = z.i * z.i %}", "{% set z.x = z.x | map('upper') %}",
    ];

    [Theory]
    [MemberData(nameof(Bodies))]
    public void A_step_takes_little_memory(string body) => Refuse(body, Repeated(body));

    [Fact]
    [Trait("Category", "Slow")]
    public void Everything_greedy_ends_within_a_second()
    {
        foreach (string source in Greedy.Select(row => row.Data).Concat(Bodies.Select(row => Repeated(row.Data))))
        {
            Refuse(source, source);
        }
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
    public void Variables_bring_their_own_room()
    {
        const string Loop = "{% for i in x %}{{ i }}{% endfor %}";
        string variables = $$"""{"x": [{{string.Join(',', Enumerable.Range(0, 200))}}]}""";
        Assert.NotEmpty(TemplateRunner.Render(Loop, variables, new TemplateLimits { Steps = 100 }));
        TemplateRunner.Fail(Loop, variables, new TemplateLimits { Steps = 100, StepsPerInput = 0 });
    }

    /// <summary>Texts on which comparing at every place takes the product of both lengths.</summary>
    [Theory]
    [InlineData("{{ p in s }}", "False")]
    [InlineData("{{ s.find(p) }} {{ s.rfind(p) }} {{ s.count(p) }}", "-1 -1 0")]
    [InlineData("{{ s.split(p) | length }} {{ s.rsplit(p) | length }} {{ s.replace(p, '') | length }}", "1 1 400000")]
    [InlineData("{{ (s ~ p).find(p) }} {{ (s ~ p).rfind(p) }} {{ (p ~ s ~ p).count(p) }}", "400000 400000 2")]
    [InlineData("{{ s.strip(range(60000) | join('') ~ 'a') | length }}", "0")]
    public void Searches_in_linear_time(string body, string expected)
    {
        string source = "{% set s = 'a' * 400000 %}{% set p = 'a' * 100000 ~ 'b' ~ 'a' * 100000 %}" + body;
        string found = "";
        Assert.True(Fuzz.Try<TemplateException>(body, source.Length, () => found = TemplateRunner.Render(source)));
        Assert.Equal(expected, found);
    }

    [Fact]
    public void Long_parts_are_found_where_short_ones_are()
    {
        var random = new Random(4);
        for (int i = 0; i < 200; i++)
        {
            string unit = string.Concat(Enumerable.Range(0, random.Next(1, 40)).Select(_ => "ab"[random.Next(2)]));
            string part = string.Concat(Enumerable.Repeat(unit, 400 / unit.Length + 1));
            string text = string.Concat(Enumerable.Range(0, 6).Select(_ => part[random.Next(part.Length)..] + part[..random.Next(part.Length)] + (random.Next(2) == 0 ? part : "")));
            Assert.Equal(text.IndexOf(part, StringComparison.Ordinal), TextSearch.IndexOf(text, part));
            Assert.Equal(text.LastIndexOf(part, StringComparison.Ordinal), TextSearch.LastIndexOf(text, part));
            int from = random.Next(text.Length);
            Assert.Equal(text.IndexOf(part, from, StringComparison.Ordinal), TextSearch.IndexOf(text, part, from));
        }
    }

    [Fact]
    public void Leaves_room_for_long_conversations()
    {
        string messages = string.Join(",", Enumerable.Range(0, 2000).Select(i => $$"""{"role": "{{(i % 2 == 0 ? "user" : "assistant")}}", "content": "{{new string('x', 2000)}}"}"""));
        const string Source = "{% for m in messages %}{% if loop.index0 == messages | length - 1 %}!{% endif %}{% set c = m.content %}"
            + "{% if '</think>' in c %}{% set c = c.split('</think>')[-1] %}{% endif %}{{ '<' + m.role + '>' + c | trim + '\n' }}{% endfor %}";
        Assert.True(TemplateRunner.Render(Source, $$"""{"messages": [{{messages}}]}""").Length > 4_000_000);
    }

    private static void Refuse(string name, string source) => Assert.False(Fuzz.Try<TemplateException>(name, source.Length, () => TemplateRunner.Render(source)));

    private static string Repeated(string body) =>
        "{% macro m(a=0, b=0) %}{% if caller %}{{ caller() }}{% endif %}{% endmacro %}{% set s = 'a b' * 1000 %}{% set u = '€' * 1000 %}{% set c = '\\x01' * 1000 %}{% set n = '9' * 4300 %}{% set p = 'a b' * 500 ~ 'c' ~ 'a b' * 400 %}"
        + "{% set l = range(1000) | list %}{% set d = {'k1': 1, 'k2': 'v', 'k3': [1, 2]} %}{% set z = namespace(x=[1], s='a', i=3) %}{% for i in range(100000) %}{% for j in range(100000) %}" + body + "{% endfor %}{% endfor %}";
}
