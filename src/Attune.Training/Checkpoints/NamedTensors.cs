using Attune.Formats;
using Attune.Tensors;

namespace Attune.Training.Checkpoints;

/// <summary>Tensors and host arrays under names, as one safetensors file: written from where they are, read back into the same places.</summary>
internal sealed class NamedTensors
{
    private const int MostNamed = 20;

    private static readonly Dictionary<string, string> Metadata = new() { ["format"] = "pt" };

    private readonly List<(string Name, Tensor Tensor)> _tensors = [];
    private readonly List<(string Name, long[] Numbers)> _numbers = [];

    /// <summary>Adds an F32 tensor.</summary>
    public void Add(string name, Tensor tensor) => _tensors.Add((name, tensor));

    /// <summary>Adds numbers of host memory.</summary>
    public void Add(string name, long[] numbers) => _numbers.Add((name, numbers));

    public void Write(string path)
    {
        using SafetensorsWriter writer = SafetensorsWriter.Create(path, Infos(), Metadata);
        foreach ((string name, Tensor tensor) in _tensors)
        {
            writer.Write(name, tensor);
        }

        foreach ((string name, long[] numbers) in _numbers)
        {
            writer.Write<long>(name, numbers);
        }

        writer.Commit();
    }

    /// <summary>Overwrites everything with what a file holds; nothing is changed when the file does not fit.</summary>
    /// <exception cref="TrainingException">Tensors are missing, unexpected or of another shape or type; they are named together.</exception>
    public void Read(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        RequireFit(file);
        foreach ((string name, Tensor tensor) in _tensors)
        {
            file.Read(name, tensor);
        }

        foreach ((string name, long[] numbers) in _numbers)
        {
            file.ReadAs<long>(name).CopyTo(numbers, 0);
        }
    }

    private IEnumerable<TensorInfo> Infos() =>
        _tensors.Select(entry => new TensorInfo(entry.Name, DType.F32, entry.Tensor.Shape))
            .Concat(_numbers.Select(entry => new TensorInfo(entry.Name, DType.I64, [entry.Numbers.Length])));

    private void RequireFit(SafetensorsFile file)
    {
        var problems = new List<string>();
        var expected = new HashSet<string>();
        foreach (TensorInfo info in Infos())
        {
            expected.Add(info.Name);
            if (!file.TryGetInfo(info.Name, out TensorInfo? found))
            {
                problems.Add($"missing: {info.Name}");
            }
            else if (found.Shape != info.Shape || found.DType != info.DType)
            {
                problems.Add($"{info.Name} is {found.DType.SafetensorsName} {found.Shape}, expected {info.DType.SafetensorsName} {info.Shape}");
            }
        }

        problems.AddRange(file.Names.Where(name => !expected.Contains(name)).Select(name => $"unexpected: {name}"));
        if (problems.Count > 0)
        {
            string rest = problems.Count > MostNamed ? $"\n  ... and {problems.Count - MostNamed} more" : string.Empty;
            throw new TrainingException(
                $"{file.Location}: {problems.Count} tensors do not fit this run (was it saved with another model or method?)\n  {string.Join("\n  ", problems.Take(MostNamed))}{rest}");
        }
    }
}
