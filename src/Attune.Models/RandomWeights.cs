using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Models;

/// <summary>
/// Starting weights as transformers makes them: norms at the value that scales by 1, biases at 0, everything else normal with the configuration's
/// <c>initializer_range</c> (default 0.02).
/// A weight depends on the seed and its name only.
/// </summary>
internal sealed class RandomWeights(ModelConfig config, ulong seed) : IWeightReader
{
    private readonly double _deviation = config.GetDouble("initializer_range", 0.02);
    private readonly Dictionary<string, Shape> _shapes = [];
    private readonly Dictionary<string, float> _initial = [];
    private (string Name, float[] Values)? _current;

    public string Location => config.Location;

    public IReadOnlyCollection<string> Names => [];

    public bool TryGetShape(string name, in Shape expected, out Shape shape)
    {
        _shapes[name] = shape = expected;
        return true;
    }

    public void SetInitial(string name, float value) => _initial[name] = value;

    public void Read(string name, long elementOffset, Span<float> destination)
    {
        if (_current?.Name != name)
        {
            _current = (name, Make(name, _shapes[name]));
        }

        _current.Value.Values.AsSpan((int)elementOffset, destination.Length).CopyTo(destination);
    }

    private float[] Make(string name, in Shape shape)
    {
        var values = new float[shape.Count];
        if (_initial.TryGetValue(name, out float initial))
        {
            Array.Fill(values, initial);
        }
        else if (!name.EndsWith("bias", StringComparison.Ordinal))
        {
            if (shape.Rank > 1)
            {
                Initialisers.Normal(values, _deviation, seed, name);
            }
            else
            {
                Array.Fill(values, 1);
            }
        }

        return values;
    }
}
