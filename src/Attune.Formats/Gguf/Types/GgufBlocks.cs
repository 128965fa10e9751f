using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Attune.Formats;

/// <summary>What the block types share: half-precision scales, sixteen codes at a time to single precision.</summary>
/// <remarks>Products and sums are rounded one by one, never fused, so that every machine gives the bits of ggml's reference.</remarks>
internal static class GgufBlocks
{
    /// <summary>Codes that are expanded at a time.</summary>
    public const int Lanes = 16;

    public static Vector128<byte> LowNibbles { get; } = Vector128.Create((byte)0x0F);

    /// <summary>The half-precision number at an offset.</summary>
    public static float Half(ReadOnlySpan<byte> block, int offset) => (float)BinaryPrimitives.ReadHalfLittleEndian(block[offset..]);

    /// <summary>The value of the largest magnitude with its sign, of several the first; 0 for none.</summary>
    public static float Largest(ReadOnlySpan<float> values)
    {
        float largest = 0;
        foreach (float value in values)
        {
            largest = MathF.Abs(value) > MathF.Abs(largest) ? value : largest;
        }

        return largest;
    }

    /// <summary>Writes the scale with which the value of the largest magnitude becomes the code -<paramref name="most"/>.</summary>
    /// <returns>Its inverse before it is rounded to half precision, which gives the codes in ggml; 0 when all values are 0.</returns>
    public static float WriteScale(ReadOnlySpan<float> values, int most, Span<byte> block)
    {
        float scale = Largest(values) / -most;
        BinaryPrimitives.WriteHalfLittleEndian(block, (Half)scale);
        return scale == 0 ? 0 : 1 / scale;
    }

    /// <summary>Sixteen bytes from an offset on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Load(ReadOnlySpan<byte> block, int offset) => Vector128.Create(block.Slice(offset, Lanes));

    /// <summary>scale * code for sixteen signed codes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<sbyte> codes, float scale, Span<float> values)
    {
        (Vector128<short> low, Vector128<short> high) = Vector128.Widen(codes);
        Store4(Vector128.WidenLower(low), scale, values);
        Store4(Vector128.WidenUpper(low), scale, values[4..]);
        Store4(Vector128.WidenLower(high), scale, values[8..]);
        Store4(Vector128.WidenUpper(high), scale, values[12..]);
    }

    /// <summary>scale * value for the 32 codes in sixteen bytes, lower nibbles first.</summary>
    /// <param name="nibbles">The codes.</param>
    /// <param name="table">The value of each code.</param>
    /// <param name="scale">The scale.</param>
    /// <param name="values">Is filled.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<byte> nibbles, Vector128<sbyte> table, float scale, Span<float> values)
    {
        Store(Vector128.Shuffle(table, (nibbles & LowNibbles).AsSByte()), scale, values);
        Store(Vector128.Shuffle(table, (nibbles >>> 4).AsSByte()), scale, values[Lanes..]);
    }

    /// <summary>scale * value for sixteen values of which magnitudes and signs are known.</summary>
    /// <param name="low">The first eight magnitudes, a byte each.</param>
    /// <param name="high">The last eight.</param>
    /// <param name="signs">A bit for each; set for minus.</param>
    /// <param name="scale">The scale.</param>
    /// <param name="values">Is filled.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ulong low, ulong high, uint signs, float scale, Span<float> values)
    {
        Vector128<sbyte> minus = Spread(signs, 0xFF).AsSByte();
        Store((Vector128.Create(low, high).AsSByte() ^ minus) - minus, scale, values);
    }

    /// <summary>The signs of sixteen values from 14 bits: every eighth is such that an even number of each eight is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint EvenSigns(uint bits)
    {
        uint low = bits & 0x7F;
        uint high = (bits >> 7) & 0x7F;
        return low | (uint)((BitOperations.PopCount(low) & 1) << 7) | (high << 8) | (uint)((BitOperations.PopCount(high) & 1) << 15);
    }

    /// <summary>A nibble of a run of bytes that begins at an offset, lower nibbles first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Nibble(ReadOnlySpan<byte> block, int offset, int index) => (block[offset + (index / 2)] >> (index % 2 * 4)) & 0xF;

    /// <summary>scale * code + offset for sixteen codes below 128.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<byte> codes, float scale, float offset, Span<float> values)
    {
        (Vector128<short> low, Vector128<short> high) = Vector128.Widen(codes.AsSByte());
        Store4(Vector128.WidenLower(low), scale, offset, values);
        Store4(Vector128.WidenUpper(low), scale, offset, values[4..]);
        Store4(Vector128.WidenLower(high), scale, offset, values[8..]);
        Store4(Vector128.WidenUpper(high), scale, offset, values[12..]);
    }

    /// <summary>The value <paramref name="bit"/> in each of sixteen lanes where the corresponding bit of <paramref name="bits"/> is set, else 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Spread(uint bits, byte bit)
    {
        Vector128<byte> bytes = Vector128.Create(Vector64.Create((byte)bits), Vector64.Create((byte)(bits >> 8)));
        Vector128<byte> lanes = Vector128.Create((byte)1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128);
        return Vector128.Equals(bytes & lanes, lanes) & Vector128.Create(bit);
    }

    /// <summary>Codes of 32 elements from 16 bytes: the lower nibbles first.</summary>
    public static void SplitNibbles(ReadOnlySpan<byte> block, int offset, Span<byte> codes)
    {
        Vector128<byte> bytes = Load(block, offset);
        (bytes & LowNibbles).CopyTo(codes);
        (bytes >>> 4).CopyTo(codes[Lanes..]);
    }

    /// <summary>The 6-bit scale and minimum of a group of 32 in Q4_K and Q5_K.</summary>
    public static (int Scale, int Min) ScaleMin(ReadOnlySpan<byte> scales, int group) => group < 4
        ? (scales[group] & 63, scales[group + 4] & 63)
        : ((scales[group + 4] & 0xF) | ((scales[group - 4] >> 6) << 4), (scales[group + 4] >> 4) | ((scales[group] >> 6) << 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store4(Vector128<int> codes, float scale, Span<float> values) =>
        (Vector128.ConvertToSingle(codes) * scale).CopyTo(values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store4(Vector128<int> codes, float scale, float offset, Span<float> values) =>
        ((Vector128.ConvertToSingle(codes) * scale) + Vector128.Create(offset)).CopyTo(values);
}
