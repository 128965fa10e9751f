using System.Collections.Frozen;
using System.Text;

namespace Attune.Data.Cleaning;

/// <summary>Makes plain text of HTML: tags and comments go, block elements begin and end lines, scripts and styles are left out.</summary>
public static class HtmlText
{
    private const string Data = "<![CDATA[";
    private const string DataEnd = "]]>";

    private static readonly FrozenSet<string> Blocks =
        "p div br li ul ol tr table h1 h2 h3 h4 h5 h6 pre blockquote section article header footer title td th".Split(' ').ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> LeftOut = "script style noscript template".Split(' ').ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Elements whose content is text up to their end tag, whatever it looks like.</summary>
    private static readonly FrozenSet<string> Raw = "script style".Split(' ').ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>The text of a page or a piece of one, with white space made one blank and without empty lines.</summary>
    public static string Clean(string html)
    {
        var text = new StringBuilder(html.Length);
        int at = 0;
        string? skipped = null;

        // Known from the start, so that beginnings without an end do not each search the rest of the text.
        int lastDataEnd = html.LastIndexOf(DataEnd, StringComparison.Ordinal);
        while (at < html.Length)
        {
            int open = html.IndexOf('<', at);
            int end = open < 0 ? html.Length : open;
            Append(html[at..end]);
            if (open < 0)
            {
                break;
            }

            if (open < lastDataEnd && string.CompareOrdinal(html, open, Data, 0, Data.Length) == 0)
            {
                int close = html.IndexOf(DataEnd, open, StringComparison.Ordinal);
                Append(html[(open + Data.Length)..close]);
                at = close + DataEnd.Length;
                continue;
            }

            (string? name, bool isEnd, int next) = Tag(html, open);
            if (name is null)
            {
                Append(html[open..next]);
            }
            else if (skipped is not null)
            {
                skipped = isEnd && name.Equals(skipped, StringComparison.OrdinalIgnoreCase) ? null : skipped;
            }
            else if (!isEnd && LeftOut.Contains(name))
            {
                skipped = name;
                int ending = Raw.Contains(name) ? html.IndexOf($"</{name}", next, StringComparison.OrdinalIgnoreCase) : next;
                next = ending < 0 ? html.Length : ending;
            }
            else if (Blocks.Contains(name))
            {
                text.Append('\n');
            }

            at = next;
        }

        IEnumerable<string> lines = text.ToString().Split('\n').Select(TextRepair.CollapseWhiteSpace);
        return string.Join('\n', lines.Where(line => line.Length > 0));

        void Append(string piece)
        {
            if (skipped is null)
            {
                text.Append(HtmlEntities.Decode(piece));
            }
        }
    }

    /// <summary>What stands at an opening angle bracket: a tag with its name, nothing to show (an empty name), or no markup at all (null).</summary>
    private static (string? Name, bool IsEnd, int Next) Tag(string html, int open)
    {
        ReadOnlySpan<char> rest = html.AsSpan(open);
        if (rest.StartsWith("<!--"))
        {
            int close = html.IndexOf("-->", open + 4, StringComparison.Ordinal);
            return ("", false, close < 0 ? html.Length : close + 3);
        }

        bool isEnd = rest.Length > 1 && rest[1] == '/';
        int start = open + (isEnd ? 2 : 1);
        if (start >= html.Length || !(char.IsAsciiLetter(html[start]) || html[start] is '!' or '?'))
        {
            return (null, false, open + 1);
        }

        int end = start;
        while (end < html.Length && (char.IsAsciiLetterOrDigit(html[end]) || html[end] is '-' or ':'))
        {
            end++;
        }

        string name = html[start..end];
        char quote = '\0';
        for (int i = end; i < html.Length; i++)
        {
            quote = quote == html[i] ? '\0' : quote == '\0' && html[i] is '"' or '\'' ? html[i] : quote;
            if (quote == '\0' && html[i] == '>')
            {
                return (name, isEnd, i + 1);
            }
        }

        return (name, isEnd, html.Length);
    }
}
