using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace Attune.Data.Cleaning;

/// <summary>Finds personal data by its form and its check digits, and masks it. Names and addresses have no form and are not found.</summary>
public static partial class PiiFinder
{
    private static readonly SearchValues<char> Signs = SearchValues.Create("0123456789@:.");

    private static readonly SearchValues<char> Letters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdefABCDEF:.");

    /// <summary>The personal data of a text, in order, without overlaps: of two kinds that overlap the one that is looked for first.</summary>
    public static IReadOnlyList<PiiSpan> Find(string text)
    {
        if (!text.AsSpan().ContainsAny(Signs))
        {
            return [];
        }

        var found = new PiiFindings();
        Urls(text, found);
        Emails(text, found);
        if (text.AsSpan().ContainsAnyInRange('0', '9'))
        {
            Ibans(text, found);
            Numbers(text, Card(), "credit_card", found, span => PiiChecks.IsLuhn(span));
            Numbers(text, Ssn(), "ssn", found, span => PiiChecks.IsSsn(span));
            Ipv6(text, found);
            Numbers(text, Ipv4(), "ipv4", found, span => PiiChecks.IsIpv4(span));
            Numbers(text, Phone(), "phone", found, IsPhone);
        }

        return found.ToList();
    }

    /// <summary>The text with the given pieces replaced by their kinds, such as <c>[EMAIL]</c>.</summary>
    internal static string Mask(string text, IReadOnlyList<PiiSpan> spans)
    {
        var masked = new StringBuilder(text.Length);
        int at = 0;
        foreach (PiiSpan span in spans)
        {
            masked.Append(text, at, span.Start - at).Append('[').Append(span.Kind.ToUpperInvariant()).Append(']');
            at = span.End;
        }

        return masked.Append(text, at, text.Length - at).ToString();
    }

    private static void Urls(string text, PiiFindings found)
    {
        foreach (ValueMatch match in Url().EnumerateMatches(text))
        {
            int end = match.Index + match.Length;

            // What closes the sentence or a bracket around it is no part of the address; a bracket that it opened itself is.
            while (end > match.Index && (".,;:!?'\"*>".Contains(text[end - 1]) || (text[end - 1] is ')' or ']' or '}' && !Opens(text.AsSpan(match.Index, end - 1 - match.Index), text[end - 1]))))
            {
                end--;
            }

            found.Add(match.Index, end, "url");
        }
    }

    private static bool Opens(ReadOnlySpan<char> before, char closing)
    {
        char opening = closing switch { ')' => '(', ']' => '[', _ => '{' };
        return before.Count(opening) > before.Count(closing);
    }

    private static void Emails(string text, PiiFindings found)
    {
        for (int at = text.IndexOf('@'); at >= 0; at = text.IndexOf('@', at + 1))
        {
            int start = at, end = at + 1;
            while (start > 0 && (char.IsAsciiLetterOrDigit(text[start - 1]) || "._%+-".Contains(text[start - 1])))
            {
                start--;
            }

            while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] is '.' or '-'))
            {
                end++;
            }

            while (end > at + 1 && text[end - 1] is '.' or '-')
            {
                end--;
            }

            while (start < at && text[start] is '.' or '-')
            {
                start++;
            }

            ReadOnlySpan<char> domain = text.AsSpan(at + 1, end - at - 1);
            int dot = domain.LastIndexOf('.');
            bool hasTopLevel = dot > 0 && domain.Length - dot > 2 && !domain[(dot + 1)..].ContainsAnyExcept(Letters);
            if (start < at && text[at - 1] != '.' && hasTopLevel && !domain.Contains("..", StringComparison.Ordinal))
            {
                found.Add(start, end, "email");
            }
        }
    }

    private static void Ibans(string text, PiiFindings found)
    {
        foreach (ValueMatch match in IbanStart().EnumerateMatches(text))
        {
            int length = PiiChecks.IbanLength(text.AsSpan(match.Index, 2));
            int end = match.Index;
            for (int count = 0; end < text.Length && count < length; end++)
            {
                if (char.IsAsciiLetterUpper(text[end]) || char.IsAsciiDigit(text[end]))
                {
                    count++;
                }
                else if (text[end] != ' ')
                {
                    break;
                }
            }

            if (IsBorder(text, match.Index, end) && PiiChecks.IsIban(text.AsSpan(match.Index, end - match.Index)))
            {
                found.Add(match.Index, end, "iban");
            }
        }
    }

    private static void Ipv6(string text, PiiFindings found)
    {
        for (int at = text.IndexOf(':'); at >= 0;)
        {
            int start = at, end = at;
            while (start > 0 && Hexadecimal.Contains(text[start - 1]))
            {
                start--;
            }

            while (end < text.Length && Hexadecimal.Contains(text[end]))
            {
                end++;
            }

            int next = end;
            while (end > at + 1 && text[end - 1] is '.' or ':' && !(text[end - 1] == ':' && text[end - 2] == ':'))
            {
                end--;
            }

            ReadOnlySpan<char> span = text.AsSpan(start, end - start);
            if (span.ContainsAnyExcept(":.") && IsBorder(text, start, end) && PiiChecks.IsIpv6(span))
            {
                found.Add(start, end, "ipv6");
            }

            at = next < text.Length ? text.IndexOf(':', next) : -1;
        }
    }

    private static void Numbers(string text, Regex form, string kind, PiiFindings found, Func<string, bool> check)
    {
        foreach (ValueMatch match in form.EnumerateMatches(text))
        {
            int end = match.Index + match.Length;
            if (IsBorder(text, match.Index, end) && check(text[match.Index..end]))
            {
                found.Add(match.Index, end, kind);
            }
        }
    }

    /// <summary>Whether a number stands on its own: no letter, digit or further group on either side.</summary>
    private static bool IsBorder(string text, int start, int end)
    {
        bool before = start == 0 || !(char.IsLetterOrDigit(text[start - 1]) || text[start - 1] == '_' || (text[start - 1] is '.' or '-' or ',' && start > 1 && char.IsAsciiDigit(text[start - 2])));
        bool after = end == text.Length || !(char.IsLetterOrDigit(text[end]) || text[end] == '_' || (text[end] is '.' or '-' or ',' && end + 1 < text.Length && char.IsAsciiDigit(text[end + 1])));
        return before && after;
    }

    private static bool IsPhone(string span) => span.Count(char.IsAsciiDigit) is >= 8 and <= 15;

    // Lengths are bounded everywhere, so that the time is linear in the text's length.
    [GeneratedRegex(@"(?:(?:https?|ftp)://[^\s<>""]{1,2000}|\bwww\.[A-Za-z0-9][^\s<>""]{1,2000})", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Url();

    [GeneratedRegex(@"\b[A-Z]{2}[0-9]{2} ?[A-Z0-9]{4}", RegexOptions.CultureInvariant)]
    private static partial Regex IbanStart();

    [GeneratedRegex(@"(?:3[0-9]{3}[ -]?[0-9]{6}[ -]?[0-9]{5}|[2-6][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}(?:[ -]?[0-9]{3})?|[4-6][0-9]{12})", RegexOptions.CultureInvariant)]
    private static partial Regex Card();

    [GeneratedRegex(@"[0-9]{3}-[0-9]{2}-[0-9]{4}", RegexOptions.CultureInvariant)]
    private static partial Regex Ssn();

    [GeneratedRegex(@"[0-9]{1,3}(?:\.[0-9]{1,3}){3}", RegexOptions.CultureInvariant)]
    private static partial Regex Ipv4();

    [GeneratedRegex(@"(?:\+[1-9][0-9]{0,2}(?:[ .-]?\(?[0-9]{1,4}\)?){2,6}|\([0-9]{3}\) ?[0-9]{3}[ .-][0-9]{4}|[0-9]{3}[.-][0-9]{3}[.-][0-9]{4})", RegexOptions.CultureInvariant)]
    private static partial Regex Phone();
}
