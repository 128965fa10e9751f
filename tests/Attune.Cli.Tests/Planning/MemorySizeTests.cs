using Attune.Cli.Planning;

namespace Attune.Cli.Tests;

public sealed class MemorySizeTests
{
    [Theory]
    [InlineData("4GB", 4_000_000_000)]
    [InlineData("512MiB", 512L << 20)]
    [InlineData("512 mib", 512L << 20)]
    [InlineData("1.5g", 3L << 29)]
    [InlineData("1000", 1000)]
    public void Reads_amounts(string text, long bytes) => Assert.Equal(bytes, MemorySize.Parse(text, "memory"));

    [Theory]
    [InlineData("")]
    [InlineData("GB")]
    [InlineData("-1GB")]
    [InlineData("0")]
    [InlineData("4 apples")]
    [InlineData("99999999999TB")]
    public void Refuses_what_is_none(string text) =>
        Assert.Contains($"found '{text}'", Assert.Throws<UsageException>(() => MemorySize.Parse(text, "memory")).Message, StringComparison.Ordinal);
}
