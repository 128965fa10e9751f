using System.Buffers.Binary;
using System.Security.Cryptography;
using Attune.Data.Duplicates;

namespace Attune.Data.Tests.Duplicates;

/// <summary>Hashes are the beginning of the system's SHA-1, for one text and for many side by side.</summary>
public sealed class ShingleHashTests
{
    private readonly byte[] _text = [.. Enumerable.Range(0, 400).Select(i => (byte)((i * 31) + (i >> 3)))];

    [Fact]
    public void One_text_of_any_length()
    {
        for (int length = 0; length <= 200; length++)
        {
            Assert.Equal(Expected(..length), ShingleHash.Of(_text.AsSpan(0, length)));
        }
    }

    [Theory]
    [InlineData(1, 55)]
    [InlineData(7, 55)]
    [InlineData(16, 55)]
    [InlineData(16, 56)]
    [InlineData(16, 130)]
    public void Many_parts_of_a_text(int count, int longest)
    {
        Range[] parts = [.. Enumerable.Range(0, count).Select(i => (3 * i)..((3 * i) + (i == count - 1 ? longest : i * longest / count)))];
        uint[] hashes = new uint[ShingleHash.Lanes];
        ShingleHash.Of(_text, parts, hashes);
        Assert.Equal(parts.Select(Expected), hashes.Take(count));
    }

    private uint Expected(Range part) => Sha1(_text.AsSpan(part));

    private static uint Sha1(ReadOnlySpan<byte> text)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(text);
        return BinaryPrimitives.ReadUInt32LittleEndian(hash.GetHashAndReset());
    }
}
