using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Attune.Formats;

/// <summary>A model that is stored as several files of weights with an index (<c>model.safetensors.index.json</c>, <c>pytorch_model.bin.index.json</c>), read as one.</summary>
public sealed class ShardedFolder : ITensorSource
{
    /// <summary>Name of the index of safetensors files.</summary>
    public const string IndexFileName = HuggingFaceFolder.WeightsFileName + ".index.json";

    /// <summary>Name of the index of pickled files.</summary>
    public const string PickledIndexFileName = HuggingFaceFolder.PickledWeightsFileName + ".index.json";

    private const long MaxIndexBytes = 256L << 20;

    private readonly OrderedDictionary<string, ITensorSource> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ITensorSource> _shards = new(StringComparer.Ordinal);

    private ShardedFolder(string location)
    {
        Location = location;
    }

    /// <inheritdoc/>
    public string Location { get; }

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Names => _tensors.Keys;

    /// <summary>File names of the shards, in the order of the index.</summary>
    public IReadOnlyCollection<string> Shards => _shards.Keys;

    /// <summary>Opens all shards that an index file names; they have to lie beside it.</summary>
    /// <exception cref="ModelFileException">The index or a shard is damaged or missing, names a file outside the folder, or a tensor is not where the index says.</exception>
    public static ShardedFolder Open(string indexPath)
    {
        var folder = new ShardedFolder(indexPath);
        try
        {
            folder.Load();
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool TryGetInfo(string name, [NotNullWhen(true)] out TensorInfo? info)
    {
        info = null;
        return _tensors.TryGetValue(name, out ITensorSource? shard) && shard.TryGetInfo(name, out info);
    }

    /// <inheritdoc/>
    public void Read(string name, long byteOffset, Span<byte> destination)
    {
        if (!_tensors.TryGetValue(name, out ITensorSource? shard))
        {
            throw TensorSources.Missing(this, name);
        }

        shard.Read(name, byteOffset, destination);
    }

    /// <summary>Closes all shards.</summary>
    public void Dispose()
    {
        foreach (ITensorSource shard in _shards.Values)
        {
            shard.Dispose();
        }
    }

    private void Load()
    {
        using JsonDocument index = JsonFile.Parse(Location, MaxIndexBytes);
        if (index.RootElement.ValueKind != JsonValueKind.Object
            || !index.RootElement.TryGetProperty("weight_map", out JsonElement map)
            || map.ValueKind != JsonValueKind.Object
            || !map.EnumerateObject().Any())
        {
            throw ModelFileException.At(Location, "key 'weight_map'", "expected an object that maps tensor names to files");
        }

        foreach (JsonProperty entry in map.EnumerateObject())
        {
            ITensorSource shard = Shard(entry);
            if (!shard.Contains(entry.Name))
            {
                throw ModelFileException.At(Location, $"key 'weight_map.{entry.Name}'", $"the tensor is not in {shard.Location}");
            }

            _tensors[entry.Name] = shard;
        }

        AddUnlisted();
    }

    private ITensorSource Shard(JsonProperty entry)
    {
        string? name = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString() : null;
        if (name is null || name.Length == 0 || name != Path.GetFileName(name) || name.Contains('\\') || name is "." or "..")
        {
            throw ModelFileException.At(Location, $"key 'weight_map.{entry.Name}'", $"expected the plain name of a file in this folder, found {entry.Value.GetRawText()}");
        }

        if (!_shards.TryGetValue(name, out ITensorSource? shard))
        {
            shard = OpenShard(Path.Combine(Path.GetDirectoryName(Location) ?? "", name));
            _shards.Add(name, shard);
        }

        return shard;
    }

    private static ITensorSource OpenShard(string path) =>
        path.EndsWith(".bin", StringComparison.OrdinalIgnoreCase) ? PytorchFile.Open(path) : SafetensorsFile.Open(path);

    // A tensor that the index forgot is still there: the model loader reports it as unexpected or uses it.
    private void AddUnlisted()
    {
        foreach (ITensorSource shard in _shards.Values)
        {
            foreach (string name in shard.Names)
            {
                _tensors.TryAdd(name, shard);
            }
        }
    }
}
