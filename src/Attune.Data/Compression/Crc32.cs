namespace Attune.Data.Compression;

/// <summary>CRC-32 as in gzip.</summary>
internal static class Crc32
{
    private const uint Polynomial = 0xEDB8_8320;

    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(i => Entry((uint)i))];

    /// <summary>The checksum of bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        uint sum = uint.MaxValue;
        foreach (byte value in bytes)
        {
            sum = Table[(byte)(sum ^ value)] ^ (sum >> 8);
        }

        return ~sum;
    }

    private static uint Entry(uint value)
    {
        for (int i = 0; i < 8; i++)
        {
            value = (value & 1) != 0 ? (value >> 1) ^ Polynomial : value >> 1;
        }

        return value;
    }
}
