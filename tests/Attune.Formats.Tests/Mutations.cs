namespace Attune.Formats.Tests;

/// <summary>Seeded damage to a file: cut anywhere, flipped bits, overwritten sizes. A reader may only answer with its typed error, and must not allocate by what the damage says.</summary>
internal static class Mutations
{
    private const long AllocationLimitBytes = 32 << 20;

    private static readonly ulong[] Lies = [0, 1, 7, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF, ulong.MaxValue, 1UL << 62, 99_999_999];

    /// <summary>Runs <paramref name="read"/> over damaged copies of a file, most of the damage in its first <paramref name="headerBytes"/> bytes.</summary>
    /// <returns>How many copies were refused.</returns>
    public static int Run(byte[] original, int headerBytes, int count, string path, Action<string> read)
    {
        var random = new Random(20260101);
        int refused = 0;
        for (int i = 0; i < count; i++)
        {
            byte[] mutant = Mutate(original, headerBytes, random);
            File.WriteAllBytes(path, mutant);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                read(path);
            }
            catch (ModelFileException e)
            {
                Assert.Contains(path, e.Message);
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"mutant {i} of seed 20260101: {e}");
            }

            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < AllocationLimitBytes, $"mutant {i} made the reader allocate too much");
        }

        return refused;
    }

    private static byte[] Mutate(byte[] original, int headerBytes, Random random)
    {
        switch (random.Next(4))
        {
            case 0:
                return original[..random.Next(random.Next(2) == 0 ? headerBytes : original.Length)];
            case 1:
                byte[] flipped = [.. original];
                for (int n = random.Next(1, 4); n > 0; n--)
                {
                    flipped[random.Next(headerBytes)] ^= (byte)(1 << random.Next(8));
                }

                return flipped;
            case 2:
                byte[] lying = [.. original];
                int width = random.Next(2) == 0 ? 4 : 8;
                BitConverter.GetBytes(Lies[random.Next(Lies.Length)]).AsSpan(0, width).CopyTo(lying.AsSpan(random.Next(headerBytes - width)));
                return lying;
            default:
                int at = random.Next(headerBytes);
                return random.Next(2) == 0
                    ? [.. original[..at], (byte)random.Next(256), .. original[at..]]
                    : [.. original[..at], .. original[(at + 1)..]];
        }
    }
}
