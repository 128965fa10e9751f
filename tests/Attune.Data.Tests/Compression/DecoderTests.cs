using System.Diagnostics;
using System.Text;
using Attune.Data.Compression;

namespace Attune.Data.Tests.Compression;

/// <summary>What the tools <c>zstd</c> and <c>lz4</c> pack is unpacked to the same bytes; without the tools the tests are skipped.</summary>
public sealed class DecoderTests
{
    public static TheoryData<string> Contents() => ["nothing", "one", "zeros", "random", "text", "numbers", "long"];

    [Theory]
    [MemberData(nameof(Contents))]
    public void Zstandard_of_every_level_is_unpacked(string content)
    {
        byte[] original = Make(content);
        foreach (string arguments in new[] { "-1", "-3", "-9", "-19", "--ultra -22", "--fast=5", "-6 --no-check", "-3 --long=24" })
        {
            byte[] packed = Pipe("zstd", $"{arguments} -q -c", original);
            Assert.Equal(original, Zstandard.Decode(packed, original.Length));
            Assert.Equal([.. original, .. original], Zstandard.Decode([.. packed, .. packed], 2 * original.Length));
        }
    }

    [Theory]
    [MemberData(nameof(Contents))]
    public void Lz4_frames_are_unpacked(string content)
    {
        byte[] original = Make(content);
        foreach (string arguments in new[] { "-1", "-9", "-12 -BD", "-1 -B4 -BX", "-1 --content-size --no-frame-crc" })
        {
            Assert.Equal(original, Lz4.DecodeFrame(Pipe("lz4", $"{arguments} -q -c -z", original), original.Length));
        }
    }

    [Fact]
    public void Damage_is_refused()
    {
        byte[] original = Make("text");
        (string Tool, string Arguments, Action<byte[]> Decode)[] decoders =
        [
            ("zstd", "-19 -q -c --no-check", bytes => Zstandard.Decode(bytes, original.Length)),
            ("lz4", "-9 -q -c -z --no-frame-crc", bytes => Lz4.DecodeFrame(bytes, original.Length)),
        ];
        var random = new Random(7);
        foreach ((string tool, string arguments, Action<byte[]> decode) in decoders)
        {
            byte[] packed = Pipe(tool, arguments, original[..5_000]);
            int refused = 0;
            for (int i = 0; i < 5_000; i++)
            {
                byte[] mutant = [.. packed[..random.Next(packed.Length / 2, packed.Length + 1)]];
                mutant[random.Next(mutant.Length)] ^= (byte)(1 << random.Next(8));
                mutant[random.Next(Math.Min(mutant.Length, 40))] ^= (byte)(1 << random.Next(8));
                try
                {
                    decode(mutant);
                }
                catch (InvalidDataException)
                {
                    refused++;
                }
            }

            Assert.InRange(refused, 4_000, 5_000);
        }
    }

    [Fact]
    public void Snappy_literals_and_copies_are_unpacked()
    {
        Assert.Equal("abcabcabcab"u8.ToArray(), Snappy.Decode([11, (3 - 1) << 2, (byte)'a', (byte)'b', (byte)'c', ((8 - 4) << 2) | 1, 3], 100));
        byte[] run = Snappy.Decode([64, 0, (byte)'x', (62 << 2) | 2, 1, 0], 100);
        Assert.Equal(new string('x', 64), Encoding.ASCII.GetString(run));
        Assert.Throws<InvalidDataException>(() => Snappy.Decode([5, 1, 1], 100));
        Assert.Throws<InvalidDataException>(() => Snappy.Decode([200, 1, 0, 0], 100));
        Assert.Throws<InvalidDataException>(() => Snappy.Decode([], 100));
    }

    [Fact]
    public void Checksums_are_those_of_gzip() => Assert.Equal(0xCBF4_3926u, Crc32.Of("123456789"u8));

    private static byte[] Make(string content)
    {
        var random = new Random(1);
        switch (content)
        {
            case "nothing":
                return [];
            case "one":
                return [65];
            case "zeros":
                return new byte[300_000];
            case "random":
                var bytes = new byte[200_000];
                random.NextBytes(bytes);
                return bytes;
            case "numbers":
                return Encoding.ASCII.GetBytes(string.Join(',', Enumerable.Range(0, 40_000)));
            default:
                string[] words = [.. Enumerable.Range(0, 3_000).Select(_ => new string([.. Enumerable.Range(0, random.Next(1, 10)).Select(_ => (char)random.Next('a', 'z'))]))];
                int count = content == "long" ? 400_000 : 30_000;
                return Encoding.ASCII.GetBytes(string.Join(' ', Enumerable.Range(0, count).Select(_ => words[(int)(words.Length * Math.Pow(random.NextDouble(), 3))])));
        }
    }

    private static byte[] Pipe(string tool, string arguments, byte[] input)
    {
        Process? process = null;
        try
        {
            process = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"needs the tool {tool}");
        }

        using (process)
        {
            using var output = new MemoryStream();
            Task reading = process!.StandardOutput.BaseStream.CopyToAsync(output);
            process.StandardInput.BaseStream.Write(input);
            process.StandardInput.Close();
            reading.Wait();
            process.WaitForExit();
            return output.ToArray();
        }
    }
}
