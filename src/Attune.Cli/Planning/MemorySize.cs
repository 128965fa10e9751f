using System.Globalization;

namespace Attune.Cli.Planning;

/// <summary>Amounts of memory as people write them.</summary>
internal static class MemorySize
{
    private static readonly (string Unit, double Bytes)[] Units =
        [("kib", 1 << 10), ("mib", 1 << 20), ("gib", 1 << 30), ("tib", 1L << 40), ("kb", 1e3), ("mb", 1e6), ("gb", 1e9), ("tb", 1e12), ("k", 1 << 10), ("m", 1 << 20), ("g", 1 << 30), ("b", 1), ("", 1)];

    /// <summary>Reads an amount such as <c>4GB</c>, <c>512 MiB</c> or <c>1.5g</c>.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static long Parse(string text, string key)
    {
        (string unit, double bytes) = Units.First(known => text.EndsWith(known.Unit, StringComparison.OrdinalIgnoreCase));
        return double.TryParse(text[..^unit.Length].Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) && number > 0 && number * bytes < long.MaxValue
            ? (long)(number * bytes)
            : throw new UsageException($"{key}: expected an amount of memory such as 4GB or 512MiB, found '{text}'");
    }
}
