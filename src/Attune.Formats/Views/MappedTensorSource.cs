using System.Diagnostics.CodeAnalysis;
using Attune.Tensors.Backends;

namespace Attune.Formats;

/// <summary>Tensors that are made of those of another source.</summary>
internal sealed class MappedTensorSource(ITensorSource inner) : ITensorSource
{
    private readonly OrderedDictionary<string, (TensorInfo Info, TensorView View)> _entries = new(StringComparer.Ordinal);

    public string Location => inner.Location;

    public IReadOnlyCollection<string> Names => _entries.Keys;

    /// <summary>Adds a tensor.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="view">The tensor.</param>
    /// <param name="rounding">Its <see cref="TensorInfo.Rounding"/>.</param>
    /// <exception cref="ModelFileException">There is one of this name.</exception>
    public void Add(string name, TensorView view, double rounding = 0)
    {
        if (!_entries.TryAdd(name, (new TensorInfo(name, view.DType, view.Shape) { StoredAs = view.StoredAs, Rounding = rounding, Absent = view.Absent }, view)))
        {
            throw view.Bad($"a second tensor for '{name}'");
        }
    }

    public bool TryGetInfo(string name, [NotNullWhen(true)] out TensorInfo? info)
    {
        bool found = _entries.TryGetValue(name, out (TensorInfo Info, TensorView View) entry);
        info = found ? entry.Info : null;
        return found;
    }

    public void Read(string name, long byteOffset, Span<byte> destination)
    {
        if (!_entries.TryGetValue(name, out (TensorInfo Info, TensorView View) entry))
        {
            throw TensorSources.Missing(this, name);
        }

        TensorSources.RequireInside(this, entry.Info, byteOffset, destination.Length);
        entry.View.Read(byteOffset, destination);
    }

    public IBlockMatrix? TryOpenBlocks(string name) => _entries.TryGetValue(name, out (TensorInfo Info, TensorView View) entry) ? entry.View.TryOpenBlocks() : null;

    public void Dispose() => inner.Dispose();
}
