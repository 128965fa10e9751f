using System.Text;

namespace Attune.Data.Cleaning;

/// <summary>The scripts that texts are written in, by blocks of Unicode.</summary>
public static class Scripts
{
    private static readonly (int First, int Last, string Name)[] Ranges =
    [
        (0xC0, 0x24F, "latin"), (0x370, 0x3FF, "greek"), (0x400, 0x52F, "cyrillic"), (0x530, 0x58F, "armenian"), (0x590, 0x5FF, "hebrew"), (0x600, 0x77F, "arabic"),
        (0x900, 0x97F, "devanagari"), (0x980, 0x9FF, "bengali"), (0xB80, 0xBFF, "tamil"), (0xE00, 0xE7F, "thai"), (0x10A0, 0x10FF, "georgian"), (0x1100, 0x11FF, "hangul"), (0x1E00, 0x1EFF, "latin"),
        (0x1F00, 0x1FFF, "greek"), (0x3040, 0x30FF, "kana"), (0x3400, 0x9FFF, "han"), (0xAC00, 0xD7AF, "hangul"), (0xF900, 0xFAFF, "han"), (0x1F300, 0x1FAFF, "emoji"), (0x20000, 0x3FFFF, "han"),
    ];

    /// <summary>The script of most letters of a text; Japanese, which mixes kana and Chinese characters, is <c>kana</c>; <c>none</c> for a text without letters, <c>other</c> for a script that has no name here.</summary>
    public static string Of(string text)
    {
        var counts = new Dictionary<string, int>();
        int basic = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.IsAscii)
            {
                basic += char.IsAsciiLetter((char)rune.Value) ? 1 : 0;
            }
            else if (Rune.IsLetter(rune) || rune.Value is >= 0x1F300 and <= 0x1FAFF)
            {
                string name = Name(rune.Value);
                counts[name] = counts.GetValueOrDefault(name) + 1;
            }
        }

        if (basic > 0)
        {
            counts["latin"] = counts.GetValueOrDefault("latin") + basic;
        }

        return counts.Count == 0 ? "none"
            : counts.GetValueOrDefault("kana") * 5 > counts.GetValueOrDefault("han") && counts.ContainsKey("kana") && !IsMost(counts, "latin") ? "kana"
            : counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).First().Key;
    }

    private static bool IsMost(Dictionary<string, int> counts, string name) => counts.GetValueOrDefault(name) * 2 > counts.Values.Sum();

    private static string Name(int codePoint)
    {
        foreach ((int first, int last, string name) in Ranges)
        {
            if (codePoint >= first && codePoint <= last)
            {
                return name;
            }
        }

        return "other";
    }
}
