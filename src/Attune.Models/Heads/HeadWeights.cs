using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Models.Heads;

/// <summary>
/// Gives a model with a head the weights of a file that was made for another head or for none: the backbone's names with or without their prefix, old names of norms, and
/// random numbers for layers of the head that the file does not have.
/// </summary>
internal sealed class HeadWeights : IWeightReader
{
    private static readonly (string Name, string Old)[] OldNames = [(".weight", ".gamma"), (".bias", ".beta")];
    private static readonly string[] DecoderHeads = ["lm_head.", "score.", "classifier.", "qa_outputs."];

    private readonly ITensorSource _source;
    private readonly string _prefix;
    private readonly bool _fileHasPrefix;
    private readonly bool _modelHasPrefix;
    private readonly RandomWeights _random;
    private readonly List<string> _fresh = [];

    /// <summary>Reads a file for a model.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="source">The file.</param>
    /// <param name="prefix">Where backbones of the family lie in models with a head; empty when the names are the same everywhere.</param>
    /// <param name="modelHasPrefix">Whether the model has a head.</param>
    /// <param name="seed">For what the file does not have.</param>
    public HeadWeights(ModelConfig config, ITensorSource source, string prefix, bool modelHasPrefix, ulong seed)
    {
        _source = source;
        _prefix = prefix.Length == 0 ? string.Empty : $"{prefix}.";
        _modelHasPrefix = modelHasPrefix;
        _fileHasPrefix = source.Names.Any(name => name.StartsWith(_prefix, StringComparison.Ordinal));
        _random = new RandomWeights(config, seed);
    }

    /// <summary>Whether weights that the file lacks are made: yes for a head, no for the backbone.</summary>
    public bool MakesMissing { get; set; }

    /// <summary>The weights that were made, in order.</summary>
    public IReadOnlyList<string> Fresh => _fresh;

    public string Location => _source.Location;

    /// <summary>The names of the backbone's weights as the model calls them; other heads that the file may have do not matter.</summary>
    public IReadOnlyCollection<string> Names =>
    [
        .. _source.Names
            .Where(name => _prefix.Length == 0
                ? !DecoderHeads.Any(head => name.StartsWith(head, StringComparison.Ordinal))
                : !_fileHasPrefix || name.StartsWith(_prefix, StringComparison.Ordinal))
            .Select(FromFile)
            .Where(name => !name.StartsWith($"{(_modelHasPrefix ? _prefix : string.Empty)}pooler.", StringComparison.Ordinal)),
    ];

    public bool TryGetShape(string name, in Shape expected, out Shape shape)
    {
        if (InFile(name) is { } found)
        {
            shape = _source.Info(found).Shape;
            return true;
        }

        shape = default;
        if (!MakesMissing)
        {
            return false;
        }

        _fresh.Add(name);
        return _random.TryGetShape(name, expected, out shape);
    }

    public void Read(string name, long elementOffset, Span<float> destination)
    {
        if (InFile(name) is { } found)
        {
            _source.ReadFloat32(found, elementOffset, destination);
        }
        else
        {
            _random.Read(name, elementOffset, destination);
        }
    }

    private string? InFile(string name)
    {
        string place = ToFile(name);
        if (_source.Contains(place))
        {
            return place;
        }

        foreach ((string current, string old) in OldNames)
        {
            string older = place.EndsWith(current, StringComparison.Ordinal) ? string.Concat(place.AsSpan(0, place.Length - current.Length), old) : place;
            if (older != place && _source.Contains(older))
            {
                return older;
            }
        }

        return null;
    }

    private string ToFile(string name) => (_modelHasPrefix, _fileHasPrefix) switch
    {
        (true, false) when name.StartsWith(_prefix, StringComparison.Ordinal) => name[_prefix.Length..],
        (false, true) => _prefix + name,
        _ => name,
    };

    private string FromFile(string name)
    {
        foreach ((string current, string old) in OldNames)
        {
            if (name.EndsWith(old, StringComparison.Ordinal))
            {
                name = string.Concat(name.AsSpan(0, name.Length - old.Length), current);
            }
        }

        return (_modelHasPrefix, _fileHasPrefix) switch
        {
            (true, false) => _prefix + name,
            (false, true) => name[_prefix.Length..],
            _ => name,
        };
    }
}
