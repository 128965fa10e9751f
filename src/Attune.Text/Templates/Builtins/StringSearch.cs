using System.Numerics;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Builtins;

/// <summary>The methods of strings that look for other strings. Places are code points; <c>start</c> and <c>end</c> cut the text as a slice does.</summary>
internal static class StringSearch
{
    public static readonly Builtin[] Methods =
    [
        new("find", "sub start? end?", a => IntValue.Of(Find(a, last: false))),
        new("rfind", "sub start? end?", a => IntValue.Of(Find(a, last: true))),
        new("index", "sub start? end?", a => Found(Find(a, last: false))),
        new("rindex", "sub start? end?", a => Found(Find(a, last: true))),
        new("count", "sub start? end?", a => IntValue.Of(Count(a))),
        new("startswith", "prefix start? end?", a => BoolValue.Of(HasAffix(a, (text, affix) => text.StartsWith(affix, StringComparison.Ordinal)))),
        new("endswith", "suffix start? end?", a => BoolValue.Of(HasAffix(a, (text, affix) => text.EndsWith(affix, StringComparison.Ordinal)))),
        new("replace", "old new count?", a => new StringValue(Replace(a.Run, a.SelfText.Text, a.String(0).Text, a.String(1).Text, a.Integer(2, -1)), a.SelfText.IsMarkup)),
    ];

    /// <summary>Replaces the first <paramref name="count"/> places (all when negative); an empty <paramref name="old"/> stands between all characters.</summary>
    public static string Replace(Interpreter run, string text, string old, string by, int count)
    {
        int places = old.Length > 0 ? Occurrences(text, old) : PythonText.CountCodePoints(text) + 1;
        places = count < 0 ? places : Math.Min(places, count);
        run.CheckLength(text.Length + ((long)places * (by.Length - old.Length)));
        run.Charge(places);
        var result = new System.Text.StringBuilder(text.Length);
        int from = 0;
        for (int i = 0; i < places; i++)
        {
            int at = old.Length > 0 ? TextSearch.IndexOf(text, old, from) : i == 0 ? 0 : from + PythonText.SizeAt(text, from);
            result.Append(text, from, at - from).Append(by);
            from = at + old.Length;
        }

        return result.Append(text, from, text.Length - from).ToString();
    }

    private static int Occurrences(string text, string part)
    {
        int count = 0;
        for (int at = TextSearch.IndexOf(text, part); at >= 0; at = TextSearch.IndexOf(text, part, at + part.Length))
        {
            count++;
        }

        return count;
    }

    /// <summary>The part of the text between <c>start</c> and <c>end</c> and where it begins; null when start lies behind the end.</summary>
    private static (string Text, int Start)? Region(Arguments a)
    {
        StringValue text = a.SelfText;
        if (a.OptionalNotNone(1) is null && a.OptionalNotNone(2) is null)
        {
            return (text.Text, 0);
        }

        int start = Bound(1, 0), end = Math.Min(Bound(2, text.Length), text.Length);
        if (start > end)
        {
            return null;
        }

        int from = PythonText.IndexOfCodePoint(text, start);
        return (text.Text[from..PythonText.IndexOfCodePoint(text, end)], start);

        int Bound(int i, int fallback)
        {
            if (a.OptionalNotNone(i) is null)
            {
                return fallback;
            }

            BigInteger bound = a.BigInteger(i);
            return (int)BigInteger.Clamp(bound < 0 ? bound + text.Length : bound, 0, (long)text.Length + 1);
        }
    }

    private static int Find(Arguments a, bool last)
    {
        string part = a.String(0).Text;
        if (Region(a) is not var (text, start))
        {
            return -1;
        }

        // An empty string is found at the very end, too, which LastIndexOf gives as well.
        int at = last ? TextSearch.LastIndexOf(text, part) : TextSearch.IndexOf(text, part);
        return at < 0 ? -1 : start + PythonText.CountCodePoints(text.AsSpan(0, at));
    }

    private static IntValue Found(int place) => place >= 0 ? IntValue.Of(place) : throw new TemplateFault("the string to look for was not found; 'find' gives -1 instead of an error");

    private static int Count(Arguments a) => Region(a) is not var (text, _) ? 0
        : a.String(0).Text is { Length: > 0 } part ? Occurrences(text, part)
        : PythonText.CountCodePoints(text) + 1;

    private static bool HasAffix(Arguments a, Func<string, string, bool> matches) => Region(a) is var (text, _) && (a[0] is TupleValue several
        ? several.Elements.Any(affix => matches(text, (affix as StringValue ?? throw a.WrongType(affix, "strings")).Text))
        : matches(text, a.String(0).Text));
}
