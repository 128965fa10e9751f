using System.Numerics;

namespace Attune.Formats.Tests.Gguf.Types;

public class GgufGridTests
{
    public static TheoryData<string> Names => [.. Grids.Keys];

    private static Dictionary<string, Grid> Grids { get; } = new()
    {
        ["IQ1"] = new(2_048, 2, 2, IsLattice: false, GgufIQ1Grid.Entries.ToArray(), GgufIQ1Grid.Values),
        ["IQ2_XXS"] = new(256, 2, 2, IsLattice: true, GgufIQ2_XXSGrid.Entries.ToArray(), GgufIQ2_XXSGrid.Values),
        ["IQ2_XS"] = new(512, 2, 2, IsLattice: true, GgufIQ2_XSGrid.Entries.ToArray(), GgufIQ2_XSGrid.Values),
        ["IQ2_S"] = new(1_024, 2, 2, IsLattice: true, GgufIQ2_SGrid.Entries.ToArray(), GgufIQ2_SGrid.Values),
        ["IQ3_XXS"] = new(256, 4, 7, IsLattice: true, GgufIQ3_XXSGrid.Entries.ToArray(), GgufIQ3_XXSGrid.Values),
        ["IQ3_S"] = new(512, 4, 7, IsLattice: false, GgufIQ3_SGrid.Entries.ToArray(), GgufIQ3_SGrid.Values),
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Entries_ascend_and_keep_to_their_codes(string name)
    {
        Grid grid = Grids[name];
        Assert.Equal(grid.Count, grid.Entries.Length);
        Assert.Equal(grid.Entries.Order().Distinct(), grid.Entries);
        Assert.All(grid.Entries, entry => Assert.InRange(Codes(entry, grid.Bits).Max(), 0, grid.MostCode));
        if (grid.IsLattice)
        {
            Assert.All(grid.Entries, entry => Assert.True(Codes(entry, grid.Bits).Sum() % 2 == 0));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Values_ascend_with_their_codes(string name)
    {
        Grid grid = Grids[name];
        (int Code, sbyte Value)[] values =
        [
            .. grid.Entries.Zip(grid.Values).SelectMany(pair => Codes(pair.First, grid.Bits).Select((code, i) => (code, (sbyte)(pair.Second >> (i * 8))))).Distinct().Order(),
        ];
        Assert.Equal(Enumerable.Range(0, grid.MostCode + 1), values.Select(pair => pair.Code));
        Assert.Equal(values.Select(pair => pair.Value).Order().Distinct(), values.Select(pair => pair.Value));
    }

    [Fact]
    public void Eight_signs_hold_an_even_number_of_minuses()
    {
        for (uint bits = 0; bits < 1 << 14; bits++)
        {
            uint signs = GgufBlocks.EvenSigns(bits);
            Assert.Equal(bits, (signs & 0x7F) | ((signs >> 8 & 0x7F) << 7));
            Assert.True(BitOperations.PopCount(signs & 0xFF) % 2 == 0 && BitOperations.PopCount(signs >> 8) % 2 == 0);
        }
    }

    private static int[] Codes(ushort entry, int bits) => [.. Enumerable.Range(0, 16 / bits).Select(i => (entry >> (i * bits)) & ((1 << bits) - 1))];

    private sealed record Grid(int Count, int Bits, int MostCode, bool IsLattice, ushort[] Entries, ulong[] Values);
}
