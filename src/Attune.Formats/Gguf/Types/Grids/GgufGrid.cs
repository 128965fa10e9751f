namespace Attune.Formats;

/// <summary>What the code books of the IQ types (ggml's "grids") share. An index in a block stands for one of their entries: a short vector of values.</summary>
/// <remarks>No formula gives the entries: ggml chose those that models' weights fall upon most often. A book holds them as 16-bit words, the first value's code in the lowest bits, in ascending order.</remarks>
internal static class GgufGrid
{
    private const int EntryBits = 16;

    /// <summary>Puts values for codes.</summary>
    /// <param name="entries">The code book.</param>
    /// <param name="bits">Bits of a code: 2 for vectors of eight, 4 for vectors of four.</param>
    /// <param name="values">What the codes stand for.</param>
    /// <returns>For each entry its values as signed bytes, the first in the lowest.</returns>
    public static ulong[] Expand(ReadOnlySpan<ushort> entries, int bits, ReadOnlySpan<sbyte> values)
    {
        var vectors = new ulong[entries.Length];
        int mask = (1 << bits) - 1;
        for (int entry = 0; entry < vectors.Length; entry++)
        {
            for (int i = 0; i < EntryBits / bits; i++)
            {
                sbyte value = values[(entries[entry] >> (i * bits)) & mask];
                vectors[entry] |= (ulong)(byte)value << (i * 8);
            }
        }

        return vectors;
    }
}
