using System.Text.Json.Nodes;
using Attune.Testing;
using Attune.Text.Templates;

namespace Attune.Text.Tests.Templates;

/// <summary>Damaged templates: whatever stands in them, the outcome is text or the typed error, soon.</summary>
public class TemplateMutationTests
{
    private static readonly string[] Seeds =
    [
        "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nBe kind<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
        "{%- macro show(spec, depth=0) -%}\n{%- if spec.type == 'object' -%}{\n{%- for k, v in spec.properties | dictsort %}{{ '  ' * depth ~ k }}: {{ show(v, depth + 1) }}{{ ',' if not loop.last }}\n{%- endfor -%}}{%- elif spec.enum -%}{{ spec.enum | map('tojson') | join(' | ') }}{%- else -%}{{ spec.type | default('any') }}{%- endif -%}{%- endmacro -%}\n{%- for tool in tools %}{{ tool.name }}({{ show(tool.parameters) }}) {{ tool | tojson(indent=2) }}{% endfor -%}",
        "{%- set ns = namespace(last=-1, text='') -%}{%- for m in messages[::-1] if m.role == 'user' -%}{%- set ns.last = loop.index0 -%}{%- break -%}{%- else -%}none{%- endfor -%}{% for m in messages %}{% generation %}{% set c = m.content.split('</think>')[-1].lstrip('\n') %}{{ c[:10] ~ c[-3:] | upper }}{% endgeneration %}{% set ns.text = ns.text + '%s=%d;' % (m.role, loop.index) %}{% endfor %}{{ ns.text }}{{ strftime_now('%d %b %Y') }}",
        "{% set x %}a{{ 1 + 2 * 3 // 4 % 5 - 6 ** 2 / 7.5 }}b{% endset %}{% filter upper | trim %}{{ x }}{% endfilter %}{% call(i) each([1, 2, 3]) %}[{{ i }}]{% endcall %}{% raw %}{{ raw }}{% endraw %}{# comment #}{% with a = {'k': [1, (2,), {'z': none}]} %}{{ a.k[2].z is none and a['k'] | length > 2 or not a }}{% endwith %}",
        "{{ [3, 1, 2] | sort(reverse=true) | batch(2, 0) | list }}{{ users | groupby('age') | map('last') | list | tojson }}{{ '{:>8.2f}|{!r}'.format(3.14159, 'é😀') }}{{ 'a,b;c' | replace(',', ';') | wordwrap(3) | indent(2, true) }}{{ users | selectattr('name', 'in', ['Bob']) | map(attribute='age') | sum }}{{ 'abc'.translate({97: 98}) }}{% for x in [[1, [2]]] recursive %}{{ loop(x) if x is sequence else x }}{% endfor %}",
    ];

    private static readonly string[] Pieces =
    [
        "{%", "%}", "{{", "}}", "{#", "#}", "-%}", "{%-", "(", ")", "[", "]", "{", "}", "'", "\"", "\\", "|", "~", "**", "//", "%", ".", ",", ":", "=", "==", "<", "\n", " ", "\0", "😀", "\ud800",
        "0", "-1", "1e309", "99999999999", "2.5", "''", "none", "true", "x", "self", "loop", "caller", "messages", "range(100000)", " in ", " not ", " is ", " if ", " else ", " for ", " * ", " + ",
        "{% for i in messages %}", "{% endfor %}", "{% if x %}", "{% else %}", "{% endif %}", "{% macro show(a, b=1) %}", "{% endmacro %}", "{% set x = ", "{% endset %}", "{% generation %}", "{% break %}",
        "|list", "|join", "|tojson", "|map('upper')", "|sort", "|length", "|int", "|reverse", "|unique", "|format(1)", "|first", "|batch(0)", "|slice(0)", "|indent(1000000)", "|center(100000000)",
        ".split()", ".format(", "[::-1]", "[5:]", "()", "namespace()", "%s", "{:9999}", "dict(", "loop(", "show(", "cycler(1)", "joiner()", "raise_exception('x')",
    ];

    private static readonly Lazy<KeyValuePair<string, Attune.Text.Templates.Values.Value>[]> Variables = new(() => [.. JsonNode.Parse("""
        {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "<think>\nh</think>\n\nHello é😀"}], "add_generation_prompt": true,
         "tools": [{"name": "f", "parameters": {"type": "object", "properties": {"b": {"enum": ["x", 1]}, "a": {"type": "object", "properties": {}}}}}],
         "users": [{"name": "Bob", "age": 30}, {"name": "Eve", "age": 25}], "each": null, "x": [1, 2.5, "s", null, {"k": []}]}
        """)!.AsObject().Select(variable => KeyValuePair.Create(variable.Key, JsonValues.Convert(variable.Value)))]);

    [Fact]
    public void Two_thousand_mutants_give_text_or_the_typed_error() => Run(seed: 1, count: Fuzz.Quick);

    [Fact]
    [Trait("Category", "Slow")]
    public void A_hundred_thousand_mutants_give_text_or_the_typed_error() => Run(seed: 2, count: Fuzz.Slow);

    private static void Run(int seed, int count)
    {
        var random = new Random(seed);
        for (int i = 0; i < count; i++)
        {
            string source = Mutate(Seeds[i % Seeds.Length], random);
            Fuzz.Try<TemplateException>($"mutant {i} of seed {seed}: {source}", source.Length, () => new Template(source, "mutant").Render(Variables.Value, DateTimeOffset.UnixEpoch, TemplateLimits.Default));
        }
    }

    private static string Mutate(string source, Random random)
    {
        for (int changes = random.Next(1, 6); changes > 0; changes--)
        {
            int at = random.Next(source.Length + 1), length = random.Next(0, Math.Min(12, source.Length - at + 1)), from = random.Next(source.Length + 1);
            string part = source[from..Math.Min(source.Length, from + random.Next(0, 40))];
            source = random.Next(5) switch
            {
                0 => source.Remove(at, length),
                1 => source.Insert(at, part),
                2 => source.Remove(at, length).Insert(at, ((char)random.Next(1, 128)).ToString()),
                _ => source.Remove(at, random.Next(2) * length).Insert(at, Pieces[random.Next(Pieces.Length)]),
            };
        }

        return source;
    }
}
