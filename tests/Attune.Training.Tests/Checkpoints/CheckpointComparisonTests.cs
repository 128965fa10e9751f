using Attune.Formats;
using Attune.Tensors;
using Attune.Testing;
using Attune.Training.Checkpoints;

namespace Attune.Training.Tests.Checkpoints;

public sealed class CheckpointComparisonTests : IDisposable
{
    private const int Elements = 600_000;

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void The_first_of_all_differences_of_a_large_tensor_is_named()
    {
        string first = Write("first.safetensors");
        Assert.Null(CheckpointComparison.FirstDifferenceInFile(first, Write("same.safetensors")));
        string second = Write("second.safetensors", 300_001, 300_002, Elements - 1);
        Assert.Equal(
            "first.safetensors: tensor a, element 300,001 is -1, was 300001; 3 of 600,000 elements differ",
            CheckpointComparison.FirstDifferenceInFile(first, second));
    }

    public void Dispose() => _folder.Dispose();

    private string Write(string name, params int[] changed)
    {
        float[] values = [.. Enumerable.Range(0, Elements).Select(i => (float)i)];
        foreach (int element in changed)
        {
            values[element] = -1;
        }

        using SafetensorsWriter writer = SafetensorsWriter.Create(_folder[name], [new TensorInfo("a", DType.F32, [Elements])]);
        writer.Write<float>("a", values);
        writer.Commit();
        return _folder[name];
    }
}
