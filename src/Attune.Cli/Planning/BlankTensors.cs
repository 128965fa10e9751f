using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Cli.Planning;

/// <summary>Tensors with the names and extents of a model's, but none of its numbers: nothing of a file is read.</summary>
/// <param name="source">The model's tensors.</param>
/// <param name="isNoise">Whether they hold noise, which takes a processor as long as weights do; else zeros.</param>
/// <param name="layers">How many layers there are: the first number in a tensor's name is that of its layer.</param>
internal sealed partial class BlankTensors(ITensorSource source, bool isNoise, int layers = int.MaxValue) : ITensorSource
{
    private const int NoiseBytes = 1 << 16;
    private const float Amplitude = 0.1f;

    private readonly byte[] _noise = isNoise ? MakeNoise() : [];

    public string Location => source.Location;

    public IReadOnlyCollection<string> Names { get; } = [.. source.Names.Where(name => LayerOf(name) < layers)];

    public bool TryGetInfo(string name, [NotNullWhen(true)] out TensorInfo? info)
    {
        info = source.TryGetInfo(name, out TensorInfo? found) ? new TensorInfo(name, DType.F32, found.Shape) : null;
        return info is not null;
    }

    public void Read(string name, long byteOffset, Span<byte> destination)
    {
        if (!isNoise)
        {
            destination.Clear();
            return;
        }

        for (; destination.Length > _noise.Length; destination = destination[_noise.Length..])
        {
            _noise.CopyTo(destination);
        }

        _noise.AsSpan(0, destination.Length).CopyTo(destination);
    }

    public void Dispose()
    {
    }

    private static int LayerOf(string name) => Number().Match(name) is { Success: true } match && int.TryParse(match.ValueSpan, CultureInfo.InvariantCulture, out int layer) ? layer : -1;

    [GeneratedRegex(@"(?<=\.)\d+(?=\.)")]
    private static partial Regex Number();

    private static byte[] MakeNoise()
    {
        var values = new float[NoiseBytes / sizeof(float)];
        Initialisers.Uniform(values, Amplitude, seed: 1, "noise");
        return MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
    }
}
