using System.Net;
using System.Text;

namespace Attune.Text.Templates;

/// <summary>Text for HTML and back.</summary>
internal static class HtmlText
{
    public static string Escape(string text) => !text.AsSpan().ContainsAny("&<>'\"") ? text : new StringBuilder(text)
        .Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;").Replace("'", "&#39;").Replace("\"", "&#34;").ToString();

    /// <summary>Takes comments and tags out, makes every run of blanks one blank and decodes character references.</summary>
    public static string StripTags(string text)
    {
        string plain = RemoveBetween(RemoveBetween(text, "<!--", "-->"), "<", ">");
        return WebUtility.HtmlDecode(string.Join(' ', plain.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
    }

    private static string RemoveBetween(string text, string open, string close)
    {
        var result = new StringBuilder(text.Length);
        int from = 0;
        for (int start = text.IndexOf(open, StringComparison.Ordinal); start >= 0; start = text.IndexOf(open, from, StringComparison.Ordinal))
        {
            int end = text.IndexOf(close, start + open.Length, StringComparison.Ordinal);
            if (end < 0)
            {
                break;
            }

            result.Append(text, from, start - from);
            from = end + close.Length;
        }

        return result.Append(text, from, text.Length - from).ToString();
    }
}
