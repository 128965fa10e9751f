using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Tests.Cpu;

/// <summary>A weight of random codes, scales and offsets.</summary>
internal sealed class RandomBlocks : IBlockMatrix
{
    private readonly byte[] _codes;

    public RandomBlocks(Random random, int rows, int columns, BlockFormat format)
    {
        (Rows, Columns, Format) = (rows, columns, format);
        _codes = [.. Enumerable.Range(0, rows * columns).Select(_ => (byte)random.Next(1 << format.Bits))];
        Scales = [.. Enumerable.Range(0, rows * columns / BlockFormat.BlockElements).Select(_ => Factor(random, format))];
        Offsets = [.. Scales.Select(scale => format.HasOffsets ? Factor(random, format) - (scale * (1 << (format.Bits - 1))) : 0)];
        if (format.Scales == DType.F16)
        {
            Offsets = [.. Offsets.Select(offset => (float)(Half)offset)];
        }

        Values = [.. _codes.Select((code, i) => format.HasOffsets
            ? (Scales[i / BlockFormat.BlockElements] * code) + Offsets[i / BlockFormat.BlockElements]
            : Scales[i / BlockFormat.BlockElements] * (code - format.Zero))];
    }

    /// <summary>Bits, whether there are offsets, and the type of scales of all formats.</summary>
    public static TheoryData<int, bool, DType> Formats => new(
        from bits in new[] { 4, 8 }
        from offsets in new[] { false, true }
        from scales in new[] { DType.F16, DType.F32 }
        select (bits, offsets, scales));

    public int Rows { get; }

    public int Columns { get; }

    public BlockFormat Format { get; }

    public float[] Scales { get; }

    public float[] Offsets { get; }

    public float[] Values { get; }

    public void ReadRows(int firstRow, Span<byte> codes, Span<float> scales, Span<float> offsets)
    {
        int first = firstRow * Columns;
        _codes.AsSpan(first, codes.Length).CopyTo(codes);
        Scales.AsSpan(first / BlockFormat.BlockElements, codes.Length / BlockFormat.BlockElements).CopyTo(scales);
        Offsets.AsSpan(first / BlockFormat.BlockElements, codes.Length / BlockFormat.BlockElements).CopyTo(offsets);
    }

    private static float Factor(Random random, BlockFormat format)
    {
        float value = (random.NextSingle() - 0.5f) / (1 << format.Bits);
        return format.Scales == DType.F16 ? (float)(Half)value : value;
    }
}
