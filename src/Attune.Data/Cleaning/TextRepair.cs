using System.Text;
using System.Text.RegularExpressions;
using Attune.Text;

namespace Attune.Data.Cleaning;

/// <summary>What is repaired in texts.</summary>
public sealed record RepairOptions
{
    /// <summary>Whether texts that were read in a wrong encoding are read again (<c>cafÃ©</c> becomes <c>café</c>). Default true.</summary>
    public bool FixEncoding { get; init; } = true;

    /// <summary>Whether HTML is made plain text: tags go, blocks become lines, references characters. Default false; references in texts without tags are resolved anyway.</summary>
    public bool StripHtml { get; init; }

    /// <summary>Whether ligatures and letters of full and half width become the usual letters. Default true.</summary>
    public bool FixWidth { get; init; } = true;

    /// <summary>Whether typographic quotes become straight ones. Default false.</summary>
    public bool UncurlQuotes { get; init; }

    /// <summary>Whether letters and their accents are composed (NFC). Default true.</summary>
    public bool Compose { get; init; } = true;

    /// <summary>Whether runs of white space become one blank, within lines, and lines lose theirs at the ends. Default false.</summary>
    public bool CollapseWhiteSpace { get; init; }
}

/// <summary>Repairs what goes wrong with texts on their way: encodings, references, line ends, control characters, widths, accents.</summary>
public static partial class TextRepair
{
    /// <summary>The repaired text. Nothing changes in text that has nothing wrong with it.</summary>
    public static string Repair(string text, RepairOptions options)
    {
        if (options.StripHtml)
        {
            text = HtmlText.Clean(text);
        }
        else if (text.Contains('&') && !text.Contains('<'))
        {
            // References within references are common: a second pass resolves them, a third would invent.
            text = HtmlEntities.Decode(HtmlEntities.Decode(text, upperCase: true), upperCase: true);
        }

        text = options.FixEncoding ? Mojibake.Repair(text) : text;
        text = WithoutControls(text);
        text = options.FixWidth ? WithUsualWidth(text) : text;
        text = options.UncurlQuotes ? Uncurled(text) : text;
        text = options.Compose ? UnicodeText.Normalize(text, NormalizationForm.FormC) : text;
        return options.CollapseWhiteSpace ? string.Join('\n', text.Split('\n').Select(CollapseWhiteSpace)) : text;
    }

    /// <summary>A line with one blank for each run of white space, and none at its ends.</summary>
    internal static string CollapseWhiteSpace(string line) => string.Join(' ', line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static string WithoutControls(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return text;
        }

        text = text.Contains('\u001B') ? TerminalSequence().Replace(text, "") : text;
        var result = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            char letter = text[i];
            if (letter == '\r' && i + 1 < text.Length && text[i + 1] == '\n')
            {
                continue;
            }

            if (letter is '\r' or '\u2028' or '\u2029')
            {
                result.Append('\n');
            }
            else if (letter is '\t' or '\n' or '\f' || !IsNoise(letter))
            {
                result.Append(letter);
            }
        }

        return result.ToString();
    }

    /// <summary>Controls, the byte order mark, and marks for layout engines that plain text does not have.</summary>
    private static bool IsNoise(char letter) => letter is < ' ' or '\u007F' or '\uFEFF' or (>= '\u206A' and <= '\u206F') or (>= '\uFFF9' and <= '\uFFFC');

    private static string WithUsualWidth(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\u0132', '\uFFEF'))
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        foreach (char letter in text)
        {
            bool isLigature = letter is (>= '\uFB00' and <= '\uFB06') or '\u0132' or '\u0133' or '\u0149' or (>= '\u01F1' and <= '\u01F3') or (>= '\u01C4' and <= '\u01CC');
            bool hasWidth = letter is '\u3000' or (>= '\uFF01' and <= '\uFFEE');
            if (isLigature || hasWidth)
            {
                result.Append(UnicodeText.Normalize(letter.ToString(), NormalizationForm.FormKC));
            }
            else
            {
                result.Append(letter);
            }
        }

        return result.ToString();
    }

    private static string Uncurled(string text) => string.Create(text.Length, text, static (result, source) =>
    {
        for (int i = 0; i < source.Length; i++)
        {
            result[i] = source[i] switch
            {
                '\u02BC' or (>= '\u2018' and <= '\u201B') => '\'',
                >= '\u201C' and <= '\u201F' => '"',
                var other => other,
            };
        }
    });

    /// <summary>Control sequences of terminals (ECMA-48), such as those for colours.</summary>
    [GeneratedRegex(@"\u001B\[[0-9;]{0,40}[A-Za-z]", RegexOptions.CultureInvariant)]
    private static partial Regex TerminalSequence();
}
