using System.Collections.Frozen;
using System.Globalization;

namespace Attune.Text.Unicode;

/// <summary>Decompositions, compositions and combining classes of Unicode (UAX #15), from the embedded table.</summary>
/// <remarks>The runtime's own normalisation needs ICU, which is not there in the invariant mode that this project runs in.</remarks>
internal static class NormalizationData
{
    private const int HangulBase = 0xAC00;
    private const int LeadBase = 0x1100;
    private const int VowelBase = 0x1161;
    private const int TailBase = 0x11A7;
    private const int LeadCount = 19;
    private const int VowelCount = 21;
    private const int TailCount = 28;
    private const int HangulCount = LeadCount * VowelCount * TailCount;

    private static readonly Tables Data = Load();

    /// <summary>The canonical combining class; 0 for starters.</summary>
    public static int CombiningClass(int codePoint) => codePoint < 0x300 ? 0 : Data.Classes.GetValueOrDefault(codePoint);

    /// <summary>Appends the full decomposition of a code point.</summary>
    public static void Decompose(int codePoint, bool compatibility, List<int> target)
    {
        if (codePoint < 0xA0)
        {
            target.Add(codePoint);
            return;
        }

        int syllable = codePoint - HangulBase;
        if ((uint)syllable < HangulCount)
        {
            target.Add(LeadBase + (syllable / (VowelCount * TailCount)));
            target.Add(VowelBase + (syllable % (VowelCount * TailCount) / TailCount));
            if (syllable % TailCount > 0)
            {
                target.Add(TailBase + (syllable % TailCount));
            }

            return;
        }

        if (!Data.Canonical.TryGetValue(codePoint, out int[]? parts) && !(compatibility && Data.Compatibility.TryGetValue(codePoint, out parts)))
        {
            target.Add(codePoint);
            return;
        }

        foreach (int part in parts)
        {
            Decompose(part, compatibility, target);
        }
    }

    /// <summary>The composition of two code points; -1 when they do not compose.</summary>
    public static int Compose(int first, int second)
    {
        int lead = first - LeadBase;
        int vowel = second - VowelBase;
        if ((uint)lead < LeadCount && (uint)vowel < VowelCount)
        {
            return HangulBase + (((lead * VowelCount) + vowel) * TailCount);
        }

        int syllable = first - HangulBase;
        int tail = second - TailBase;
        if ((uint)syllable < HangulCount && syllable % TailCount == 0 && tail > 0 && tail < TailCount)
        {
            return first + tail;
        }

        return Data.Compositions.TryGetValue(((long)first << 32) | (uint)second, out int composed) ? composed : -1;
    }

    private static Tables Load()
    {
        var classes = new Dictionary<int, int>();
        var canonical = new Dictionary<int, int[]>();
        var compatibility = new Dictionary<int, int[]>();
        var compositions = new Dictionary<long, int>();
        using Stream stream = typeof(NormalizationData).Assembly.GetManifestResourceStream("Normalization.txt")
            ?? throw new InvalidOperationException("the resource Normalization.txt is missing from the assembly");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            int mark = line.AsSpan().IndexOfAny("!=:~");
            if (line[0] == '#' || mark < 0)
            {
                continue;
            }

            int codePoint = int.Parse(line.AsSpan(0, mark), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (line[mark] == '!')
            {
                classes[codePoint] = int.Parse(line.AsSpan(mark + 1), CultureInfo.InvariantCulture);
                continue;
            }

            int[] parts = [.. line[(mark + 1)..].Split(' ').Select(part => int.Parse(part, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
            (line[mark] == '~' ? compatibility : canonical)[codePoint] = parts;
            if (line[mark] == '=')
            {
                compositions[((long)parts[0] << 32) | (uint)parts[1]] = codePoint;
            }
        }

        return new Tables(classes.ToFrozenDictionary(), canonical.ToFrozenDictionary(), compatibility.ToFrozenDictionary(), compositions.ToFrozenDictionary());
    }

    private sealed record Tables(
        FrozenDictionary<int, int> Classes,
        FrozenDictionary<int, int[]> Canonical,
        FrozenDictionary<int, int[]> Compatibility,
        FrozenDictionary<long, int> Compositions);
}
