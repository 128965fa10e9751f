using Attune.Formats;
using Attune.Tensors;

namespace Attune.Adapters;

/// <summary>Reads an adapter's tensors and reports missing, unexpected and mis-shaped ones together.</summary>
internal sealed class AdapterTensors(ITensorSource source)
{
    private const int MostNamed = 20;

    private readonly HashSet<string> _used = [];
    private readonly List<string> _problems = [];

    /// <summary>A tensor in single precision that belongs to the adapter.</summary>
    public Tensor Read(Device device, string name, in Shape shape)
    {
        Tensor tensor = device.Persistent(shape, DType.F32);
        ReadInto(tensor, name);
        return tensor;
    }

    /// <summary>Overwrites a tensor's values.</summary>
    public void ReadInto(Tensor tensor, string name)
    {
        _used.Add(name);
        if (!source.TryGetInfo(name, out TensorInfo? info))
        {
            _problems.Add($"missing: {name} {tensor.Shape}");
            return;
        }

        if (info.Shape != tensor.Shape)
        {
            _problems.Add($"wrong shape: {name} is {info.Shape}, the model and adapter_config.json say {tensor.Shape}");
            return;
        }

        float[] values = source.ReadFloat32(name);
        if (values.AsSpan().ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
        {
            _problems.Add($"not finite: {name} holds NaN or infinity");
        }

        tensor.CopyFrom<float>(values);
    }

    /// <summary>Ends the reading.</summary>
    /// <exception cref="AdapterException">Something did not fit.</exception>
    public void Finish()
    {
        _problems.AddRange(source.Names.Where(name => !_used.Contains(name)).Select(name => $"unexpected: {name}"));
        if (_problems.Count > 0)
        {
            string rest = _problems.Count > MostNamed ? $"\n  ... and {_problems.Count - MostNamed} more" : string.Empty;
            throw new AdapterException($"{source.Location}: {_problems.Count} tensors do not fit the model (was the adapter trained on another one?)\n  {string.Join("\n  ", _problems.Take(MostNamed))}{rest}");
        }
    }
}
