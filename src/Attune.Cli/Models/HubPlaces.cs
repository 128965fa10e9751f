using System.Globalization;
using Attune.Cli.Options;
using Attune.Hub;

namespace Attune.Cli.Models;

/// <summary>What addresses on the hub stand for on this machine; each is fetched once in a run of the tool.</summary>
internal sealed class HubPlaces(Terminal terminal, CancellationToken cancellation)
{
    private readonly Dictionary<HubAddress, HubSnapshot> _snapshots = [];

    /// <summary>Fetches what is missing of an address.</summary>
    /// <exception cref="HubException">It cannot be fetched.</exception>
    public HubSnapshot Pull(HubAddress address)
    {
        if (!_snapshots.TryGetValue(address, out HubSnapshot? snapshot))
        {
            using var client = new HubClient();
            snapshot = _snapshots[address] = client.Pull(address, Show, cancellation);
        }

        return snapshot;
    }

    /// <summary>The files or folders that a value stands for: itself, or where an address was fetched to.</summary>
    public IReadOnlyList<string> Find(string value, PlaceAttribute place)
    {
        if (!HubAddress.Is(value))
        {
            return [value];
        }

        HubAddress address = HubAddress.Parse(value, place.Kind) with { WithoutWeights = place.WithoutWeights };
        HubSnapshot snapshot = Pull(address);
        return place.Kind == HubKind.Dataset ? snapshot.Files
            : place.OrFile && Path.Combine(snapshot.Folder, address.Path) is var file && File.Exists(file) ? [file]
            : [ModelOf(address, snapshot)];
    }

    /// <summary>Where a fetched model is opened: its GGUF file if that is all, else its folder.</summary>
    public static string ModelOf(HubAddress address, HubSnapshot snapshot)
    {
        string part = Path.Combine(snapshot.Folder, address.Path);
        return snapshot.Files is [var only] && only.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) ? only
            : Directory.Exists(part) ? part
            : snapshot.Folder;
    }

    private void Show(HubProgress progress) => terminal.Live(string.Create(
        CultureInfo.InvariantCulture, $"{progress.File}: {Sizes.Text(progress.Bytes)}{(progress.TotalBytes > 0 ? $" of {Sizes.Text(progress.TotalBytes)}" : "")}"));
}
