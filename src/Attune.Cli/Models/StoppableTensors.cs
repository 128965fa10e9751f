using System.Diagnostics.CodeAnalysis;
using Attune.Formats;
using Attune.Tensors.Backends;

namespace Attune.Cli.Models;

/// <summary>The tensors of another source until work is to be stopped: whoever writes, compares or loads them then ends at the next piece.</summary>
/// <param name="source">The other source, which stays open.</param>
/// <param name="cancellation">Says when.</param>
internal sealed class StoppableTensors(ITensorSource source, CancellationToken cancellation) : ITensorSource
{
    public string Location => source.Location;

    public IReadOnlyCollection<string> Names => source.Names;

    public bool TryGetInfo(string name, [NotNullWhen(true)] out TensorInfo? info) => source.TryGetInfo(name, out info);

    public void Read(string name, long byteOffset, Span<byte> destination)
    {
        cancellation.ThrowIfCancellationRequested();
        source.Read(name, byteOffset, destination);
    }

    public IBlockMatrix? TryOpenBlocks(string name)
    {
        cancellation.ThrowIfCancellationRequested();
        return source.TryOpenBlocks(name);
    }

    public void Dispose()
    {
    }
}
