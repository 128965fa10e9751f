using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Builtins;

/// <summary>The methods of strings that cut them.</summary>
internal static class StringSplitting
{
    public static readonly Builtin[] Methods =
    [
        new("split", "sep? maxsplit?", a => Split(a, fromRight: false)),
        new("rsplit", "sep? maxsplit?", a => Split(a, fromRight: true)),
        new("splitlines", "keepends?", a => List(a, PythonText.SplitLines(a.SelfText.Text, a.Flag(0)))),
        new("partition", "sep", a => Partition(a, TextSearch.IndexOf(a.SelfText.Text, Separator(a)), fromRight: false)),
        new("rpartition", "sep", a => Partition(a, TextSearch.LastIndexOf(a.SelfText.Text, Separator(a)), fromRight: true)),
    ];

    private static ListValue List(Arguments a, List<string> parts)
    {
        const int StepsPerPart = 2;
        a.Run.Charge((long)StepsPerPart * parts.Count);
        return new ListValue([.. parts.Select(part => new StringValue(part))]);
    }

    private static string Separator(Arguments a) => a.String(0).Text is { Length: > 0 } separator ? separator : throw new TemplateFault("the separator must not be empty");

    private static ListValue Split(Arguments a, bool fromRight)
    {
        string text = a.SelfText.Text;
        int limit = a.Integer(1, -1);
        limit = limit < 0 ? int.MaxValue : limit;
        List<string> parts = a.OptionalNotNone(0) is null ? SplitBlanks(text, limit, fromRight)
            : fromRight ? SplitRight(text, Separator(a), limit)
            : SplitLeft(text, Separator(a), limit);
        return List(a, parts);
    }

    private static List<string> SplitLeft(string text, string separator, int limit)
    {
        var parts = new List<string>();
        int from = 0;
        while (parts.Count < limit && TextSearch.IndexOf(text, separator, from) is >= 0 and int at)
        {
            parts.Add(text[from..at]);
            from = at + separator.Length;
        }

        parts.Add(text[from..]);
        return parts;
    }

    private static List<string> SplitRight(string text, string separator, int limit)
    {
        var parts = new List<string>();
        int end = text.Length;
        while (parts.Count < limit && TextSearch.LastIndexOf(text.AsSpan(0, end), separator) is >= 0 and int at)
        {
            parts.Add(text[(at + separator.Length)..end]);
            end = at;
        }

        parts.Add(text[..end]);
        parts.Reverse();
        return parts;
    }

    /// <summary>Splits at runs of white space; blanks at the ends count for nothing, but the rest that the limit leaves whole keeps those at its far end.</summary>
    private static List<string> SplitBlanks(string text, int limit, bool fromRight)
    {
        var parts = new List<string>();
        ReadOnlySpan<char> rest = fromRight ? TrimEnd(text) : TrimStart(text);
        while (rest.Length > 0)
        {
            if (parts.Count == limit)
            {
                parts.Add(rest.ToString());
                break;
            }

            int at = fromRight ? LastBlank(rest) : FirstBlank(rest);

            parts.Add((fromRight ? rest[(at + 1)..] : rest[..at]).ToString());
            rest = fromRight ? TrimEnd(rest[..Math.Max(at, 0)]) : TrimStart(rest[at..]);
        }

        if (fromRight)
        {
            parts.Reverse();
        }

        return parts;
    }

    /// <summary>The place of the first blank, or the length.</summary>
    private static int FirstBlank(ReadOnlySpan<char> text)
    {
        int i = 0;
        while (i < text.Length && !PythonText.IsSpace(text[i]))
        {
            i++;
        }

        return i;
    }

    /// <summary>The place of the last blank, or -1.</summary>
    private static int LastBlank(ReadOnlySpan<char> text)
    {
        int i = text.Length - 1;
        while (i >= 0 && !PythonText.IsSpace(text[i]))
        {
            i--;
        }

        return i;
    }

    private static ReadOnlySpan<char> TrimStart(ReadOnlySpan<char> text)
    {
        while (text.Length > 0 && PythonText.IsSpace(text[0]))
        {
            text = text[1..];
        }

        return text;
    }

    private static ReadOnlySpan<char> TrimEnd(ReadOnlySpan<char> text)
    {
        while (text.Length > 0 && PythonText.IsSpace(text[^1]))
        {
            text = text[..^1];
        }

        return text;
    }

    private static TupleValue Partition(Arguments a, int at, bool fromRight)
    {
        string text = a.SelfText.Text;
        (string before, string middle, string after) = at >= 0 ? (text[..at], Separator(a), text[(at + Separator(a).Length)..])
            : fromRight ? ("", "", text)
            : (text, "", "");
        return new TupleValue([new StringValue(before), new StringValue(middle), new StringValue(after)]);
    }
}
