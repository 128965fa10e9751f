using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Adapters;

/// <summary>The tensors of an MLX adapter under PEFT's names: matrices lie the other way round there.</summary>
internal sealed class MlxTensors : ITensorSource
{
    private const string Prefix = "base_model.model.";

    private static readonly (string Mlx, string Peft)[] Suffixes =
        [(".lora_a", ".lora_A.weight"), (".lora_b", ".lora_B.weight"), (".lora_a", ".lora_embedding_A"), (".lora_b", ".lora_embedding_B")];

    private readonly ITensorSource _inner;
    private readonly Dictionary<string, string> _inFile = [];
    private (string Name, float[] Values) _last = ("", []);

    public MlxTensors(ITensorSource inner, Network model)
    {
        _inner = inner;
        HashSet<string> tables = [.. model.Modules().OfType<Embedding>().Select(module => module.Name)];
        foreach (string name in inner.Names)
        {
            string module = name[..name.LastIndexOf('.')];
            int first = tables.Contains(module) ? 2 : 0;
            (_, string peft) = Suffixes.Skip(first).First(suffix => name.EndsWith(suffix.Mlx, StringComparison.Ordinal));
            _inFile[$"{Prefix}{module}{peft}"] = name;
        }
    }

    public string Location => _inner.Location;

    public IReadOnlyCollection<string> Names => _inFile.Keys;

    /// <summary>The modules that have an update.</summary>
    public IEnumerable<string> Modules => _inFile.Values.Select(name => name[..name.LastIndexOf('.')]).Distinct();

    /// <summary>MLX's name of a tensor of PEFT's; empty when it has none.</summary>
    public static string FromPeft(string name) => ModuleOf(name) is { Length: > 0 } module
        ? module + Suffixes.First(suffix => name.EndsWith(suffix.Peft, StringComparison.Ordinal)).Mlx
        : "";

    /// <summary>The module of a tensor of PEFT's; empty when it is no part of a low-rank update.</summary>
    public static string ModuleOf(string name) =>
        name.StartsWith(Prefix, StringComparison.Ordinal) && Suffixes.FirstOrDefault(suffix => name.EndsWith(suffix.Peft, StringComparison.Ordinal)).Peft is { } peft
            ? name[Prefix.Length..^peft.Length]
            : "";

    /// <summary>A matrix turned round.</summary>
    public static float[] Transposed(float[] values, int rows, int columns)
    {
        var turned = new float[values.Length];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                turned[(column * rows) + row] = values[(row * columns) + column];
            }
        }

        return turned;
    }

    public bool TryGetInfo(string name, [NotNullWhen(true)] out TensorInfo? info)
    {
        info = null;
        if (_inFile.TryGetValue(name, out string? inFile) && _inner.TryGetInfo(inFile, out TensorInfo? found))
        {
            // What is no matrix keeps its extents, and is then refused as mis-shaped.
            info = new TensorInfo(name, DType.F32, found.Shape.Rank == 2 ? [found.Shape[1], found.Shape[0]] : found.Shape);
        }

        return info is not null;
    }

    public void Read(string name, long byteOffset, Span<byte> destination)
    {
        if (_last.Name != name)
        {
            TensorInfo info = this.Info(name);
            float[] values = _inner.ReadFloat32(_inFile[name]);
            _last = (name, Transposed(values, (int)info.Shape[1], (int)info.Shape[0]));
        }

        MemoryMarshal.AsBytes(_last.Values.AsSpan()).Slice(checked((int)byteOffset), destination.Length).CopyTo(destination);
    }

    public void Dispose()
    {
    }
}
