using Attune.Kernels;
using Attune.Tensors.Backends;
using Xunit;

namespace Attune.Testing;

/// <summary>The backends that model tests run on.</summary>
public static class TestBackends
{
    public static TheoryData<string> Names { get; } = ["reference", "cpu"];

    /// <summary>Each case on each backend.</summary>
    public static TheoryData<string, string> Each(IEnumerable<string> cases)
    {
        var rows = new TheoryData<string, string>();
        foreach (string name in cases)
        {
            foreach (string backend in Names.Select(row => row.Data))
            {
                rows.Add(name, backend);
            }
        }

        return rows;
    }

    public static IBackend Create(string name) => name switch
    {
        "reference" => new ReferenceBackend(),
        "cpu" => new CpuBackend(),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no such backend"),
    };
}
