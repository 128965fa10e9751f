using System.Diagnostics;
using Xunit;

namespace Attune.Testing;

/// <summary>
/// Seeded damage to a sound file: cut anywhere, flipped bits, overwritten sizes, bytes and ranges that come or go. A reader may only answer with its typed error, soon, and must
/// not allocate by what the damage says.
/// </summary>
public static class Fuzz
{
    /// <summary>Mutants of the quick tests.</summary>
    public const int Quick = 2_000;

    /// <summary>Mutants of the slow tests.</summary>
    public const int Slow = 100_000;

    private const int Seed = 20260101;
    private const long MostBytesBeyondInput = 64 << 20;

    /// <summary>A mutant that takes longer is tried again, because a busy machine may be the reason.</summary>
    private const int Attempts = 3;

    /// <summary>What a reader may take in slow tests, which are run by hand where nothing else runs.</summary>
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(1);

    /// <summary>What it may take in all others, wherever and beside whatever they run: no sound reader is slowed down so much, one that hangs is.</summary>
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(1);

    private static readonly ulong[] Lies = [0, 1, 7, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF, ulong.MaxValue, 1UL << 62, 99_999_999];

    /// <summary>Gives damaged copies of a file to a reader.</summary>
    /// <typeparam name="TError">The only error that it may answer with.</typeparam>
    /// <param name="original">The sound file.</param>
    /// <param name="count">How many copies.</param>
    /// <param name="read">Reads a copy and uses what it has read.</param>
    /// <param name="check">Looks at each error.</param>
    /// <param name="headBytes">Damage meets so many first bytes, where a file describes itself.</param>
    /// <param name="tailBytes">If above 0, half of the damage meets so many last bytes instead.</param>
    /// <returns>How many copies were refused.</returns>
    public static int Run<TError>(byte[] original, int count, Action<byte[]> read, Action<TError>? check = null, int headBytes = int.MaxValue, int tailBytes = 0)
        where TError : Exception
    {
        var random = new Random(Seed);
        int refused = 0;
        for (int i = 0; i < count; i++)
        {
            byte[] mutant = Mutate(original, Math.Min(headBytes, original.Length), tailBytes, random);
            refused += Try($"mutant {i} of seed {Seed}", mutant.Length, () => read(mutant), check) ? 0 : 1;
        }

        return refused;
    }

    /// <summary>Runs a reader on one input, within the limits.</summary>
    /// <typeparam name="TError">The only error that it may answer with.</typeparam>
    /// <param name="name">What the input is called in messages.</param>
    /// <param name="inputBytes">Size of the input.</param>
    /// <param name="read">Reads it.</param>
    /// <param name="check">Looks at the error.</param>
    /// <returns>Whether it was read.</returns>
    public static bool Try<TError>(string name, long inputBytes, Action read, Action<TError>? check = null)
        where TError : Exception
    {
        bool isRead = true;
        TimeSpan most = IsSlowTest ? MostTime : Hang;
        for (int attempt = 1; ; attempt++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            long start = Stopwatch.GetTimestamp();
            TimeSpan worked = Environment.CpuUsage.TotalTime;
            try
            {
                read();
            }
            catch (TError error)
            {
                isRead = false;
                check?.Invoke(error);
            }
            catch (Exception error)
            {
                Assert.Fail($"{name}: {error}");
            }

            // A process that was stopped, or had to wait for a processor, has not hung.
            worked = Environment.CpuUsage.TotalTime - worked;
            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            elapsed = elapsed < worked ? elapsed : worked;
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < MostBytesBeyondInput + inputBytes, $"{name} made the reader allocate {allocated} bytes");
            if (elapsed < most)
            {
                return isRead;
            }

            Assert.True(attempt < Attempts, $"{name} took {elapsed}");
        }
    }

    private static bool IsSlowTest => TestContext.Current.TestCase?.Traits.TryGetValue("Category", out IReadOnlyCollection<string>? categories) == true && categories.Contains("Slow");

    private static byte[] Mutate(byte[] original, int headBytes, int tailBytes, Random random)
    {
        if (random.Next(8) == 0)
        {
            return original[..random.Next(random.Next(2) == 0 ? headBytes : original.Length)];
        }

        List<byte> bytes = [.. original];
        for (int changes = random.Next(1, 4); changes > 0 && bytes.Count > 1; changes--)
        {
            int at = tailBytes > 0 && random.Next(2) == 0 ? bytes.Count - 1 - random.Next(Math.Min(bytes.Count, tailBytes)) : random.Next(Math.Min(bytes.Count, headBytes));
            Change(bytes, at, random);
        }

        return [.. bytes];
    }

    private static void Change(List<byte> bytes, int at, Random random)
    {
        switch (random.Next(9))
        {
            case 0:
                bytes[at] = (byte)random.Next(256);
                break;
            case 1:
                bytes[at] = (byte)"0123456789\",:[]{}\\-a\n\t"[random.Next(22)];
                break;
            case 2:
                bytes.RemoveAt(at);
                break;
            case 3:
                bytes.Insert(at, (byte)random.Next(256));
                break;
            case 4:
                bytes.RemoveRange(at, Math.Min(random.Next(1, 30), bytes.Count - at));
                break;
            case 5:
                bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 30), bytes.Count - at)));
                break;
            case 6:
                int digit = bytes.FindIndex(at, value => value is >= (byte)'0' and <= (byte)'9');
                bytes.InsertRange(Math.Max(digit, 0), "99999"u8);
                break;
            case 7:
                byte[] lie = BitConverter.GetBytes(Lies[random.Next(Lies.Length)]);
                for (int i = 0; i < Math.Min(1 << random.Next(4), bytes.Count - at); i++)
                {
                    bytes[at + i] = lie[i];
                }

                break;
            default:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
        }
    }
}
