using System.Text;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Builtins;

/// <summary>The methods of strings.</summary>
internal static class StringMethods
{
    public static readonly MethodTable Table = new(
    [
        new("upper", "", a => Result(a, LetterCase.Upper(a.SelfText.Text))),
        new("lower", "", a => Result(a, LetterCase.Lower(a.SelfText.Text))),
        new("title", "", a => Result(a, LetterCase.Title(a.SelfCharacters))),
        new("capitalize", "", a => Result(a, LetterCase.Capitalize(a.SelfText.Text))),
        new("swapcase", "", a => Result(a, LetterCase.SwapCase(a.SelfCharacters))),
        new("casefold", "", a => Result(a, LetterCase.Fold(a.SelfCharacters))),
        new("strip", "chars?", a => Result(a, PythonText.Strip(a.SelfText.Text, a.OptionalCharacters(0)).ToString())),
        new("lstrip", "chars?", a => Result(a, PythonText.Strip(a.SelfText.Text, a.OptionalCharacters(0), right: false).ToString())),
        new("rstrip", "chars?", a => Result(a, PythonText.Strip(a.SelfText.Text, a.OptionalCharacters(0), left: false).ToString())),
        new("removeprefix", "prefix", a => Result(a, a.SelfText.Text.StartsWith(a.String(0).Text, StringComparison.Ordinal) ? a.SelfText.Text[a.String(0).Text.Length..] : a.SelfText.Text)),
        new("removesuffix", "suffix", a => Result(a, a.SelfText.Text.EndsWith(a.String(0).Text, StringComparison.Ordinal) ? a.SelfText.Text[..^a.String(0).Text.Length] : a.SelfText.Text)),
        new("center", "width fillchar?", a => Result(a, Center(a.Run, a.SelfText, a.Integer(0), Fill(a)))),
        new("ljust", "width fillchar?", a => Result(a, Pad(a.Run, a.SelfText, 0, a.Integer(0) - a.SelfText.Length, Fill(a)))),
        new("rjust", "width fillchar?", a => Result(a, Pad(a.Run, a.SelfText, a.Integer(0) - a.SelfText.Length, 0, Fill(a)))),
        new("zfill", "width", FillZeros),
        new("expandtabs", "tabsize?", ExpandTabs),
        new("encode", "encoding? errors?", Encode),
        new("translate", "table", Translate),
        new("join", "iterable", Join),
        new("format", "* **", a => Result(a, BraceFormat.Apply(a.Run, a.SelfText.Text, a.More, a.MoreNamed))),
        new("format_map", "mapping", FormatMap),
        .. StringSearch.Methods,
        .. StringSplitting.Methods,
        .. StringPredicates.Methods,
    ]);

    /// <summary>Pads a text on both sides as <c>str.center</c> does: an odd blank goes left when the width is odd.</summary>
    public static string Center(Interpreter run, StringValue text, int width, string fill)
    {
        int missing = Math.Max(0, width - text.Length);
        int left = (missing / 2) + (missing & width & 1);
        return Pad(run, text, left, missing - left, fill);
    }

    private static StringValue Result(Arguments a, string text) => new(text, a.SelfText.IsMarkup);

    private static string Fill(Arguments a)
    {
        string fill = a.Optional(1) is null ? " " : a.String(1).Text;
        return PythonText.CountCodePoints(fill) == 1 ? fill : throw new TemplateFault("the fill character must be one character");
    }

    private static string Pad(Interpreter run, StringValue text, int left, int right, string fill)
    {
        (left, right) = (Math.Max(0, left), Math.Max(0, right));
        run.CheckLength(text.Text.Length + (((long)left + right) * fill.Length));
        return string.Concat(Enumerable.Repeat(fill, left)) + text.Text + string.Concat(Enumerable.Repeat(fill, right));
    }

    private static StringValue FillZeros(Arguments a)
    {
        string text = a.SelfText.Text;
        int sign = text.StartsWith('-') || text.StartsWith('+') ? 1 : 0;
        var digits = new StringValue(text[sign..]);
        return Result(a, text[..sign] + Pad(a.Run, digits, a.Integer(0) - sign - digits.Length, 0, "0"));
    }

    private static StringValue ExpandTabs(Arguments a)
    {
        int size = Math.Max(0, a.Integer(0, 8));
        var result = new StringBuilder();
        int column = 0;
        foreach (char c in a.SelfText.Text)
        {
            if (c != '\t')
            {
                result.Append(c);
                column = c is '\n' or '\r' ? 0 : column + (char.IsLowSurrogate(c) ? 0 : 1);
                continue;
            }

            int blanks = size == 0 ? 0 : size - (column % size);
            a.Run.CheckLength((long)result.Length + blanks);
            result.Append(' ', blanks);
            column += blanks;
        }

        return Result(a, result.ToString());
    }

    private static BytesValue Encode(Arguments a)
    {
        string name = a.OptionalString(0)?.ToLowerInvariant().Replace('_', '-') ?? "utf-8";
        return name is "utf-8" or "utf8"
            ? new BytesValue(System.Text.Encoding.UTF8.GetBytes(a.SelfText.Text))
            : throw new TemplateFault($"encode knows only 'utf-8', found '{name}'");
    }

    private static StringValue Translate(Arguments a)
    {
        a.Run.ChargeCharacters(a.SelfText.Text);
        var result = new StringBuilder();
        foreach (Value item in a.SelfText.Items)
        {
            string one = ((StringValue)item).Text;
            Value? to = a[0].Item(IntValue.Of(PythonText.CodePointAt(one, 0)));
            if (to is IntValue code && (code.Value < 0 || code.Value > 0x10FFFF))
            {
                throw new TemplateFault($"translate needs code points up to 1114111, found {code}");
            }

            string replacement = to switch
            {
                null => one,
                NoneValue => "",
                IntValue number => CodePointText((int)number.Value),
                _ => a.Run.TextOf(to),
            };
            a.Run.CheckLength((long)result.Length + replacement.Length);
            result.Append(replacement);
        }

        return Result(a, result.ToString());
    }

    private static string CodePointText(int code)
    {
        var text = new StringBuilder();
        PythonText.AppendCodePoint(text, code);
        return text.ToString();
    }

    private static StringValue Join(Arguments a)
    {
        var result = new StringBuilder();
        int count = 0;
        foreach (Value item in a.Run.Iterate(a[0]))
        {
            StringValue part = item as StringValue ?? throw new TemplateFault($"join needs strings, found a value of type '{item.TypeName}' at {count}; use the filter 'join'");
            string separator = count++ == 0 ? "" : a.SelfText.Text;
            a.Run.CheckLength((long)result.Length + separator.Length + part.Text.Length);
            result.Append(separator).Append(part.Text);
        }

        return Result(a, result.ToString());
    }

    private static StringValue FormatMap(Arguments a)
    {
        DictValue mapping = a[0] as DictValue ?? throw a.WrongType(a[0], "a mapping");
        var named = mapping.Entries.Where(entry => entry.Key is StringValue).Select(entry => KeyValuePair.Create(((StringValue)entry.Key).Text, entry.Value));
        return Result(a, BraceFormat.Apply(a.Run, a.SelfText.Text, [], [.. named]));
    }
}
