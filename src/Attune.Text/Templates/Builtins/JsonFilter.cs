using System.Text;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Builtins;

/// <summary>The filter <c>tojson</c>.</summary>
internal static class JsonFilter
{
    public static readonly Builtin[] All = [new("tojson", "value ensure_ascii? indent? separators? sort_keys?", ToJson)];

    private static StringValue ToJson(Arguments a)
    {
        string? indent = a.OptionalNotNone(2) switch
        {
            null => null,
            StringValue given => given.Text,
            _ => Blanks(a),
        };
        (string item, string key) = (indent is null ? ", " : ",", ": ");
        if (a.OptionalNotNone(3) is { } separators)
        {
            (item, key) = separators is SequenceValue { Elements: [StringValue i, StringValue k] } ? (i.Text, k.Text) : throw a.WrongType(separators, "two strings as separators");
        }

        a.Run.ChargePrinting(a[0]);
        var text = new StringBuilder();
        new PythonJson(a.Run, text, a.Flag(1), indent, item, key, a.Flag(4)).Write(a[0]);
        return new StringValue(text.ToString());
    }

    private static string Blanks(Arguments a)
    {
        int width = Math.Max(0, a.Integer(2));
        a.Run.CheckLength(width);
        return new string(' ', width);
    }
}
