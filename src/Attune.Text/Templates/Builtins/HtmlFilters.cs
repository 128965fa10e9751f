using System.Buffers;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Builtins;

/// <summary>Filters for HTML.</summary>
internal static class HtmlFilters
{
    public static readonly Builtin[] All =
    [
        new("escape", "value", Escape),
        new("e", "value", Escape),
        new("forceescape", "value", a => new StringValue(HtmlText.Escape(a.Characters(0)), isMarkup: true)),
        new("safe", "value", a => new StringValue(a.Text(0), isMarkup: true)),
        new("striptags", "value", a => new StringValue(HtmlText.StripTags(a.Characters(0)))),
        new("xmlattr", "value autospace?", Attributes),
    ];

    private static readonly SearchValues<char> NotInNames = SearchValues.Create(" \t\n\r\f\v/>=");

    private static Value Escape(Arguments a) => a[0] is StringValue { IsMarkup: true } ? a[0] : new StringValue(HtmlText.Escape(a.Characters(0)), isMarkup: true);

    private static StringValue Attributes(Arguments a)
    {
        DictValue mapping = a[0] as DictValue ?? throw a.WrongType(a[0], "a mapping");
        var parts = new List<string>();
        foreach ((Value key, Value value) in mapping.Entries.Where(entry => entry.Value is not (NoneValue or UndefinedValue)))
        {
            string name = a.Run.TextOf(key);
            if (name.AsSpan().ContainsAny(NotInNames))
            {
                throw new TemplateFault($"'{name}' is no name of an attribute: it has a blank, '/', '>' or '='");
            }

            string text = value is StringValue { IsMarkup: true } markup ? markup.Text : HtmlText.Escape(a.Run.TextOf(value));
            parts.Add($"{HtmlText.Escape(name)}=\"{text}\"");
        }

        return new StringValue((parts.Count > 0 && a.Flag(1, true) ? " " : "") + string.Join(' ', parts), a.Run.AutoEscape);
    }
}
