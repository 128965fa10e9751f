using Attune.Tensors;

namespace Attune.Formats;

/// <summary>All tensor types of GGUF files that are read.</summary>
public static class KnownGgufTypes
{
    /// <summary>32-bit float, writable.</summary>
    public static GgufType F32 { get; } = new GgufPlainType("F32", 0, DType.F32);

    /// <summary>16-bit float, writable.</summary>
    public static GgufType F16 { get; } = new GgufPlainType("F16", 1, DType.F16);

    /// <summary>bfloat16, writable.</summary>
    public static GgufType BF16 { get; } = new GgufPlainType("BF16", 30, DType.BF16);

    /// <summary>8 bits in blocks of 32 with a scale (<c>Q8_0</c>), writable.</summary>
    public static GgufType Q8 { get; } = new GgufQ8_0();

    /// <summary>4 bits in blocks of 32 with a scale (<c>Q4_0</c>), writable.</summary>
    public static GgufType Q4 { get; } = new GgufQ4_0();

    /// <summary>5 bits in blocks of 32 with a scale (<c>Q5_0</c>), writable.</summary>
    public static GgufType Q5 { get; } = new GgufQ5_0();

    /// <summary>4 bits in blocks of 256 with scales and minimums of 6 bits (<c>Q4_K</c>), writable.</summary>
    public static GgufType Q4K { get; } = new GgufQ4K();

    /// <summary>6 bits in blocks of 256 with scales of 8 bits (<c>Q6_K</c>), writable.</summary>
    public static GgufType Q6K { get; } = new GgufQ6K();

    /// <summary>Every type.</summary>
    public static IReadOnlyList<GgufType> All { get; } =
    [
        F32,
        F16,
        BF16,
        new GgufPlainType("F64", 28, DType.F64),
        new GgufPlainType("I8", 24, DType.I8),
        new GgufPlainType("I16", 25, DType.I16),
        new GgufPlainType("I32", 26, DType.I32),
        new GgufPlainType("I64", 27, DType.I64),
        Q4,
        new GgufQ4_1(),
        Q5,
        new GgufQ5_1(),
        Q8,
        new GgufQ2K(),
        new GgufQ3K(),
        Q4K,
        new GgufQ5K(),
        Q6K,
        new GgufIQ1_S(),
        new GgufIQ1_M(),
        new GgufIQ2_XXS(),
        new GgufIQ2_XS(),
        new GgufIQ2_S(),
        new GgufIQ3_XXS(),
        new GgufIQ3_S(),
        new GgufIQ4_NL(),
        new GgufIQ4_XS(),
        new GgufTQ1_0(),
        new GgufTQ2_0(),
        new GgufMXFP4(),
        new GgufNVFP4(),
    ];

    /// <summary>The types into which floating-point tensors can be written.</summary>
    public static IReadOnlyList<GgufType> Writable { get; } = [.. All.Where(t => t.CanQuantize)];

    /// <summary>Finds a type by its number in the file, or null.</summary>
    public static GgufType? ById(uint id) => All.FirstOrDefault(t => t.Id == id);

    /// <summary>Finds a type by its name in any case, or null.</summary>
    public static GgufType? ByName(string name) => All.FirstOrDefault(t => t.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
