using System.Globalization;

namespace Attune.Text.Unicode;

/// <summary>Character sets of the reference whose Unicode version is older than the runtime's, from the embedded table.</summary>
internal static class CharacterSets
{
    private const string ScriptPrefix = "Script.";

    private static readonly Dictionary<string, CodePointTable> All = Load();

    /// <summary>Characters that BERT's normaliser removes.</summary>
    public static CodePointTable Control { get; } = All[nameof(Control)];

    /// <summary>Characters that BERT's pre-tokenizer cuts out.</summary>
    public static CodePointTable Punctuation { get; } = All[nameof(Punctuation)];

    /// <summary>Characters that BERT's normaliser strips as accents.</summary>
    public static CodePointTable Accent { get; } = All[nameof(Accent)];

    /// <summary>Combining marks.</summary>
    public static CodePointTable Mark { get; } = All[nameof(Mark)];

    /// <summary>Scripts by number; 0 for characters of none.</summary>
    public static CodePointTable Scripts { get; } = All[ScriptPrefix];

    private static Dictionary<string, CodePointTable> Load()
    {
        var ranges = new Dictionary<string, List<(int Low, int High, byte Value)>>(StringComparer.Ordinal);
        using Stream stream = typeof(CharacterSets).Assembly.GetManifestResourceStream("CharacterSets.txt")
            ?? throw new InvalidOperationException("the resource CharacterSets.txt is missing from the assembly");
        using var reader = new StreamReader(stream);
        byte script = 0;
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
            {
                continue;
            }

            string[] words = line.Split(' ');
            bool isScript = words[0].StartsWith(ScriptPrefix, StringComparison.Ordinal);
            string name = isScript ? ScriptPrefix : words[0];
            byte value = isScript ? ++script : (byte)1;
            if (!ranges.TryGetValue(name, out List<(int, int, byte)>? list))
            {
                ranges.Add(name, list = []);
            }

            foreach (string word in words.AsSpan(1))
            {
                int dash = word.IndexOf('-', StringComparison.Ordinal);
                int low = int.Parse(dash < 0 ? word : word.AsSpan(0, dash), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                list.Add((low, dash < 0 ? low : int.Parse(word.AsSpan(dash + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture), value));
            }
        }

        return ranges.ToDictionary(entry => entry.Key, entry => new CodePointTable(entry.Value), StringComparer.Ordinal);
    }
}

/// <summary>A small number for every code point: the Basic Multilingual Plane from a table, the rest by search in ranges.</summary>
internal sealed class CodePointTable
{
    private readonly byte[] _plane = new byte[0x10000];
    private readonly (int Low, int High, byte Value)[] _beyond;

    /// <summary>Makes a table of ranges that do not overlap; code points outside them have 0.</summary>
    public CodePointTable(IEnumerable<(int Low, int High, byte Value)> ranges)
    {
        var beyond = new List<(int Low, int High, byte Value)>();
        foreach ((int low, int high, byte value) in ranges)
        {
            if (low >= _plane.Length)
            {
                beyond.Add((low, high, value));
                continue;
            }

            _plane.AsSpan(low..(Math.Min(high, _plane.Length - 1) + 1)).Fill(value);
        }

        _beyond = [.. beyond.OrderBy(range => range.Low)];
    }

    /// <summary>The number of a code point.</summary>
    public byte this[int codePoint] => codePoint < _plane.Length ? _plane[codePoint] : Search(codePoint);

    /// <summary>Whether a code point is in a range.</summary>
    public bool Contains(int codePoint) => this[codePoint] != 0;

    private byte Search(int codePoint)
    {
        int low = 0;
        int high = _beyond.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_beyond[middle].High < codePoint)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low < _beyond.Length && _beyond[low].Low <= codePoint ? _beyond[low].Value : (byte)0;
    }
}
