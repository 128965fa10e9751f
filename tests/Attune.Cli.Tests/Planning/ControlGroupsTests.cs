using Attune.Testing;

namespace Attune.Cli.Tests;

public sealed class ControlGroupsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void The_tightest_group_around_a_process_decides()
    {
        Write("a/memory.max", "1000");
        Write("a/memory.current", "400");
        Write("a/memory.stat", "anon 100\ninactive_file 150\n");
        Write("a/b/memory.max", "max");
        Write("a/b/memory.current", "300");
        Assert.Equal(1000 - (400 - 150), Available("0::/a/b\n"));
    }

    [Fact]
    public void The_first_version_has_a_hierarchy_for_memory()
    {
        Write("memory/a/memory.limit_in_bytes", "5000");
        Write("memory/a/memory.usage_in_bytes", "6000");
        Write("memory/a/memory.stat", "inactive_file 1\ntotal_inactive_file 2000\n");
        Write("memory/memory.limit_in_bytes", "9223372036854771712");
        Write("memory/memory.usage_in_bytes", "1");
        Assert.Equal(1000, Available("4:cpu,memory:/a\n3:cpuset:/a\n"));
    }

    [Fact]
    public void A_container_sees_its_own_group_at_the_top()
    {
        Write("memory.max", "100");
        Write("memory.current", "30");
        Assert.Equal(70, Available("0::/outside/of/the/container\n"));
    }

    [Theory]
    [InlineData("0::/\n")]
    [InlineData("")]
    [InlineData("nonsense\n::\n")]
    public void Without_a_limit_there_is_none(string own) => Assert.Null(Available(own));

    public void Dispose() => _folder.Dispose();

    private long? Available(string own)
    {
        Write("own", own);
        return ControlGroups.AvailableBytes(_folder["."], _folder["own"]);
    }

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
        File.WriteAllText(_folder[name], text);
    }
}
