using System.Globalization;
using System.Text;
using Attune.Text.Unicode;

namespace Attune.Text.Patterns.Regex;

/// <summary>A set of code points as a regular expression spells it: ranges, categories, other sets; perhaps negated or intersected.</summary>
internal sealed class CharacterSet
{
    private readonly List<(int Low, int High)> _ranges = [];
    private readonly List<CharacterSet> _sets = [];
    private readonly List<CharacterSet> _intersections = [];
    private uint _categories;
    private CharacterClass _classes;
    private UInt128 _ascii;
    private bool _isFrozen;

    /// <summary>Whether it holds what is not in it.</summary>
    public bool IsNegated { get; set; }

    /// <summary>Whether case is ignored.</summary>
    public bool IgnoreCase { get; init; }

    /// <summary>Adds a range of code points.</summary>
    public void AddRange(int low, int high) => _ranges.Add((low, high));

    /// <summary>Adds general categories, one bit each.</summary>
    public void AddCategories(uint categories) => _categories |= categories;

    /// <summary>Adds character classes.</summary>
    public void AddClasses(CharacterClass classes) => _classes |= classes;

    /// <summary>Adds another set.</summary>
    public void AddSet(CharacterSet set) => _sets.Add(set);

    /// <summary>Keeps only what is in another set too.</summary>
    public void Intersect(CharacterSet set) => _intersections.Add(set);

    /// <summary>Computes the table of ASCII; the set must not change afterwards.</summary>
    public CharacterSet Freeze()
    {
        for (int i = 0; i < 128; i++)
        {
            if (Compute(i))
            {
                _ascii |= UInt128.One << i;
            }
        }

        _isFrozen = true;
        return this;
    }

    /// <summary>Whether a code point is in the set.</summary>
    public bool Contains(int codePoint) =>
        _isFrozen && codePoint < 128 ? ((_ascii >> codePoint) & UInt128.One) != UInt128.Zero : Compute(codePoint);

    private bool Compute(int codePoint)
    {
        bool found = ContainsExactly(codePoint);
        if (!found && IgnoreCase)
        {
            foreach (int variant in CaseVariants(codePoint))
            {
                found |= ContainsExactly(variant);
            }
        }

        foreach (CharacterSet other in _intersections)
        {
            found &= other.Contains(codePoint);
        }

        return found != IsNegated;
    }

    private bool ContainsExactly(int codePoint)
    {
        foreach ((int low, int high) in _ranges)
        {
            if (codePoint >= low && codePoint <= high)
            {
                return true;
            }
        }

        if (_categories != 0 && (_categories & (1u << (int)CharUnicodeInfo.GetUnicodeCategory(codePoint))) != 0)
        {
            return true;
        }

        if (_classes != 0 && (CharacterClasses.Of(codePoint) & _classes) != 0)
        {
            return true;
        }

        foreach (CharacterSet set in _sets)
        {
            if (set.Contains(codePoint))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The other characters of the same simple case folding (CaseFolding.txt).</summary>
    private static int[] CaseVariants(int codePoint) => codePoint switch
    {
        's' or 'S' => ['s', 'S', 0x17F],
        0x17F => ['s', 'S'],
        'k' or 'K' => ['k', 'K', 0x212A],
        0x212A => ['k', 'K'],
        0xE5 or 0xC5 => [0xE5, 0xC5, 0x212B],
        0x212B => [0xE5, 0xC5],
        0x3C9 or 0x3A9 => [0x3C9, 0x3A9, 0x2126],
        0x2126 => [0x3C9, 0x3A9],
        0xDF => [0x1E9E],
        0x3C3 or 0x3A3 or 0x3C2 => [0x3C3, 0x3A3, 0x3C2],
        0xB5 or 0x3BC or 0x39C => [0xB5, 0x3BC, 0x39C],
        _ => Rune.IsValid(codePoint) ? [Rune.ToLowerInvariant(new Rune(codePoint)).Value, Rune.ToUpperInvariant(new Rune(codePoint)).Value] : [],
    };
}
