namespace Attune.Text.Tests.Templates;

/// <summary>What Python prints, beyond the cases of the reference values; checked with CPython 3.11 and Jinja 3.1.6.</summary>
public class PythonFormattingTests
{
    [Theory]
    [InlineData("{{ [1e-7, 1e22, 123456789.123456789, 5e-324, -0.0, 1e400] }}", "[1e-07, 1e+22, 123456789.12345679, 5e-324, -0.0, inf]")]
    [InlineData("{{ '%.0f %.0f %.2f %g %g %e' % (0.5, 1.5, 1.005, 1000000, 0.0001, 12345.678) }}", "0 2 1.00 1e+06 0.0001 1.234568e+04")]
    [InlineData("{{ '%5d|%-5d|%05d|%+d|%#x|%.2s' % (1, 2, 3, 4, 255, 'abc') }}", "    1|2    |00003|+4|0xff|ab")]
    [InlineData("{{ '{:,.2f} {:>5} {:*^7} {:05d} {:.1%} {:x}'.format(1234567.891, 'a', 'ab', 42, 0.1234, 255) }}", "1,234,567.89     a **ab*** 00042 12.3% ff")]
    [InlineData("{{ '{:.3} {:10} {:g}'.format(3.14159, 1.0, 1e20) }}|", "3.14        1.0 1e+20|")]
    [InlineData("{{ 2.675 | round(2) }} {{ 0.5 | round }} {{ 1234.5 | round(-2) }} {{ 25 | round(-1) }}", "2.67 0.0 1200.0 20")]
    [InlineData("{{ -7 // 2 }} {{ -7 % 3 }} {{ 7.5 % -2 }} {{ 2 ** -2 }} {{ 2 ** 70 }}", "-4 2 -0.5 0.25 1180591620717411303424")]
    [InlineData("{{ ['it\\'s', 'q\"', '\\x00\\u200b', 'é😀'] }}", "[\"it's\", 'q\"', '\\x00\\u200b', 'é😀']")]
    [InlineData("{{ 'ΑΣ Σ'.lower() }} {{ 'ŉß'.upper() }} {{ 'ǆx ßy'.title() }} {{ 'ﬁx'.capitalize() }} {{ 'Straße'.casefold() }}", "ας σ ʼNSS ǅx Ssy Fix strasse")]
    [InlineData("{{ ' a b  c '.split(none, 1) }} {{ ' a b  c '.rsplit(none, 1) }} {{ 'a,b'.split(',', 0) }}", "['a', 'b  c '] [' a b', 'c'] ['a,b']")]
    [InlineData("{{ 'é😀x'[1:] }} {{ 'é😀x'.find('x') }} {{ 'é😀x'[::-1] }} {{ 'é😀' | length }}", "😀x 2 x😀é 2")]
    [InlineData("{{ 1 == 1.0 == true }} {{ {1: 'a'}[true] }} {{ 9007199254740993 == 9007199254740993.0 }} {{ [1, [2]] == [1.0, [2]] }}", "True a False True")]
    [InlineData("{% for i in [1, 2] %}{% continue %}{% else %}none{% endfor %}", "none")]
    [InlineData("{{ strftime_now('%Y-%m-%d %-d %e %j %U %W %G-W%V-%u %I %p %y') }}", "2026-01-04 4  4 004 01 00 2026-W01-7 09 AM 26")]
    public void Prints_as_Python_does(string source, string expected) => Assert.Equal(expected, TemplateRunner.Render(source));
}
