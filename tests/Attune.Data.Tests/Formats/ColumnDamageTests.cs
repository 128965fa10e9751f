using System.Diagnostics;
using Attune.Data.Formats;
using Attune.Data.Rows;
using Attune.Testing;

namespace Attune.Data.Tests.Formats;

/// <summary>Damaged Parquet and Arrow files are read or refused with a data error: nothing else is thrown, no file takes long, none makes the reader allocate by what it says.</summary>
[Trait("Category", "Golden")]
public sealed class ColumnDamageTests
{
    private const long AllocationLimitBytes = 64 << 20;
    private const int Seed = 20260102;

    // What is read of a damaged file takes milliseconds; the limit leaves room for a busy machine.
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(20);

    private static readonly ulong[] Lies = [0, 1, 7, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF, ulong.MaxValue, 1UL << 62, 99_999_999];

    [Theory]
    [InlineData("text/data/parquet", "*.parquet")]
    [InlineData("text/data/arrow", "*.*r*")]
    [InlineData("../data/parquet/data", "*.parquet")]
    [InlineData("../data/parquet/bad_data", "*.parquet")]
    public void Damage_is_read_or_refused(string folder, string pattern) => Run(folder, pattern, 500);

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData("text/data/parquet", "*.parquet")]
    [InlineData("text/data/arrow", "*.*r*")]
    [InlineData("../data/parquet/data", "*.parquet")]
    [InlineData("../data/parquet/bad_data", "*.parquet")]
    public void Much_damage_is_read_or_refused(string folder, string pattern) => Run(folder, pattern, 25_000);

    private static void Run(string folder, string pattern, int count)
    {
        // Small files, so that the damage meets something.
        FileInfo[] files = [.. new DirectoryInfo(Goldens.Require(folder)).GetFiles(pattern).Where(file => file.Length < 50_000 && file.Extension != ".json").OrderBy(file => file.Name, StringComparer.Ordinal)];
        Assert.NotEmpty(files);
        byte[][] originals = [.. files.Select(file => File.ReadAllBytes(file.FullName))];
        var random = new Random(Seed);
        var options = new DataFileOptions { MaxRowBytes = 1 << 20 };
        for (int i = 0; i < count; i++)
        {
            int which = i % files.Length;
            byte[] mutant = Damage(originals[which], random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            var watch = Stopwatch.StartNew();
            try
            {
                DataFile file = DataFiles.Of(files[which].Name, mutant);
                foreach (DataRow row in KnownDataFormats.Of(file, null).Read(file, options).Take(300))
                {
                    _ = row.Error;
                }
            }
            catch (DataException e)
            {
                Assert.Contains(files[which].Name, e.Message);
            }
            catch (Exception e)
            {
                Assert.Fail($"mutant {i} ({files[which].Name}): {e}");
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < AllocationLimitBytes, $"mutant {i} ({files[which].Name}) made the reader allocate {allocated} bytes");
            Assert.True(watch.Elapsed < TimeLimit, $"mutant {i} ({files[which].Name}) took {watch.Elapsed}");
        }
    }

    private static byte[] Damage(byte[] original, Random random)
    {
        byte[] mutant = [.. original];
        switch (random.Next(4))
        {
            case 0 when random.Next(4) == 0:
                return original[..random.Next(original.Length)];
            case 1:
                ulong lie = Lies[random.Next(Lies.Length)];
                int width = 1 << random.Next(4);
                BitConverter.GetBytes(lie).AsSpan(0, width).CopyTo(mutant.AsSpan(Place(mutant.Length - width, random)));
                return mutant;
            case 2:
                int at = Place(original.Length, random);
                return random.Next(2) == 0 ? [.. original[..at], (byte)random.Next(256), .. original[at..]] : [.. original[..at], .. original[(at + 1)..]];
            default:
                for (int n = random.Next(1, 6); n > 0; n--)
                {
                    mutant[Place(mutant.Length, random)] ^= (byte)(1 << random.Next(8));
                }

                return mutant;
        }
    }

    // Half of the damage meets the last part, where Parquet describes itself.
    private static int Place(int length, Random random) => random.Next(2) == 0 ? random.Next(length) : length - 1 - random.Next(Math.Min(length, 4_000));
}
