using Attune.Kernels;
using Attune.Tensors.Backends;
using Xunit;

namespace Attune.Testing;

/// <summary>The backends that model tests run on.</summary>
public static class TestBackends
{
    public static TheoryData<string> Names { get; } = ["reference", "cpu"];

    public static IBackend Create(string name) => name switch
    {
        "reference" => new ReferenceBackend(),
        "cpu" => new CpuBackend(),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no such backend"),
    };
}
