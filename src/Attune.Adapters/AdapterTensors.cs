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
        // What does not fit is refused at the end, so no memory is taken for sizes that the settings alone say.
        bool fits = Fits(name, shape);
        Tensor tensor = device.Persistent(fits ? shape : [1, 1], DType.F32);
        if (fits)
        {
            Fill(tensor, name);
        }

        return tensor;
    }

    /// <summary>Overwrites a tensor's values.</summary>
    public void ReadInto(Tensor tensor, string name)
    {
        if (Fits(name, tensor.Shape))
        {
            Fill(tensor, name);
        }
    }

    private bool Fits(string name, in Shape shape)
    {
        _used.Add(name);
        if (!source.TryGetInfo(name, out TensorInfo? info))
        {
            _problems.Add($"missing: {name} {shape}");
            return false;
        }

        if (info.Shape != shape)
        {
            _problems.Add($"wrong shape: {name} is {info.Shape}, the model and adapter_config.json say {shape}");
            return false;
        }

        return true;
    }

    private void Fill(Tensor tensor, string name)
    {
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
