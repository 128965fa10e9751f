using Attune.Tensors;
using Attune.Tensors.Backends;
using Xunit;

namespace Attune.Testing.Conformance;

/// <summary>Indices that name nothing: every backend refuses them, whatever it does with memory.</summary>
public static class HostileIndices
{
    private static readonly Dictionary<string, Func<Device, Tensor>> All = new()
    {
        ["embedding -1"] = device => Table(device).Embedding(device.From([0, -1], [2])),
        ["embedding beyond"] = device => Table(device).Embedding(device.From([3], [1])),
        ["embedding far beyond"] = device => Table(device).Embedding(device.From([int.MaxValue], [1])),
        ["rope -1"] = device => Rope(device, -1),
        ["rope beyond"] = device => Rope(device, 3),
        ["cross entropy -100"] = device => Table(device).CrossEntropy(device.From([0, -100, 1], [3])),
        ["cross entropy beyond"] = device => Table(device).CrossEntropy(device.From([0, 4, 1], [3])),
        ["attention keys beyond"] = device => Attention(device, [0, 3], [0], [4]),
        ["attention key start -1"] = device => Attention(device, [0, 3], [-1], [3]),
        ["attention key length -1"] = device => Attention(device, [0, 3], [0], [-1]),
        ["attention queries beyond"] = device => Attention(device, [0, 4], [0], [3]),
        ["attention queries missing"] = device => Attention(device, [0, 2], [0], [3]),
        ["attention queries backwards"] = device => Attention(device, [0, 4, 3], [0, 0], [3, 3]),
    };

    /// <summary>One row per case.</summary>
    public static TheoryData<string> Rows => [.. All.Keys];

    /// <summary>Checks that a backend refuses a row of <see cref="Rows"/>.</summary>
    public static void Check(IBackend backend, string row)
    {
        using var device = new Device(backend);
        using StepScope scope = device.Scope();
        Assert.Throws<TensorException>(() => All[row](device).ToArray());
    }

    private static Tensor Table(Device device) => device.Zeros([3, 4], DType.F32);

    private static Tensor Rope(Device device, int position) =>
        device.Zeros([2, 1, 4], DType.F32).Rope(device.Zeros([3, 2], DType.F32), device.Zeros([3, 2], DType.F32), device.From([0, position], [2]));

    private static Tensor Attention(Device device, int[] queryStarts, int[] keyStarts, int[] keyLengths)
    {
        Tensor x = device.Zeros([3, 2, 8], DType.F32);
        var layout = new AttentionLayout(device.From(queryStarts, [queryStarts.Length]), device.From(keyStarts, [keyStarts.Length]), device.From(keyLengths, [keyLengths.Length]));
        return x.Attention(x, x, layout, new AttentionOptions(1));
    }
}
