using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Cli.Models;

/// <summary>The weights of a loaded model as tensors in single precision, for writing.</summary>
internal sealed class ParameterSource : ITensorSource
{
    private readonly Device _device;
    private readonly Dictionary<string, Parameter> _parameters;
    private (string Name, float[] Values) _last = ("", []);

    public ParameterSource(Network model, string location)
    {
        _device = model.Device;
        Location = location;
        _parameters = model.Parameters().ToDictionary(parameter => parameter.Name);
        Names = [.. _parameters.Keys];
    }

    public string Location { get; }

    public IReadOnlyCollection<string> Names { get; }

    public bool TryGetInfo(string name, [NotNullWhen(true)] out TensorInfo? info)
    {
        info = _parameters.TryGetValue(name, out Parameter? parameter) ? new TensorInfo(name, DType.F32, parameter.Shape) : null;
        return info is not null;
    }

    public void Read(string name, long byteOffset, Span<byte> destination)
    {
        Parameter parameter = _parameters.TryGetValue(name, out Parameter? known)
            ? known
            : throw ModelFileException.At(Location, $"tensor '{name}'", "there is no such tensor");
        if (parameter.Value is { DType: DType.F32, IsContiguous: true } plain)
        {
            _device.Backend.Read(plain.Storage, (plain.Offset * sizeof(float)) + byteOffset, destination);
            return;
        }

        // Writers read a tensor in pieces one after the other: the last one is kept.
        if (_last.Name != name)
        {
            using StepScope scope = _device.Scope();
            using var pause = _device.Tape.Pause();
            _last = (name, parameter.ToFloat32().ToArray());
        }

        MemoryMarshal.AsBytes(_last.Values.AsSpan()).Slice(checked((int)byteOffset), destination.Length).CopyTo(destination);
    }

    public void Dispose()
    {
    }
}
