using System.Diagnostics.CodeAnalysis;
using System.Text;
using Attune.Tensors;

namespace Attune.Formats;

/// <summary>Weights as <c>torch.save</c> writes them (<c>pytorch_model.bin</c>): a dictionary of tensors. The pickle in it is read as data: anything but tensors is refused by its name, and nothing is executed.</summary>
/// <remarks>Both forms are read: the ZIP archive, and the older one of several pickles in a row (PyTorch before 1.6).</remarks>
public sealed class PytorchFile : ITensorSource
{
    private const int MaxPickleBytes = 64 << 20;

    // The older form begins with this number, pickled.
    private const string OldMagic = "119547037146038801333356";

    private readonly ReadableFile _file;
    private readonly OrderedDictionary<string, Entry> _tensors = new(StringComparer.Ordinal);
    private readonly Lock _gatherLock = new();
    private (string Name, byte[] Bytes)? _gathered;

    private PytorchFile(ReadableFile file)
    {
        _file = file;
    }

    /// <inheritdoc/>
    public string Location => _file.Path;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Names => _tensors.Keys;

    /// <summary>Opens a file and checks that every tensor lies inside its storage.</summary>
    /// <exception cref="ModelFileException">The file cannot be opened, is damaged, or holds anything but tensors.</exception>
    public static PytorchFile Open(string path)
    {
        ReadableFile file = ReadableFile.Open(path);
        try
        {
            var opened = new PytorchFile(file);
            if (StoredZip.Is(file))
            {
                opened.LoadArchive();
            }
            else
            {
                opened.LoadPickles();
            }

            return opened;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool TryGetInfo(string name, [NotNullWhen(true)] out TensorInfo? info)
    {
        bool found = _tensors.TryGetValue(name, out Entry? entry);
        info = entry?.Info;
        return found;
    }

    /// <inheritdoc/>
    public void Read(string name, long byteOffset, Span<byte> destination)
    {
        if (!_tensors.TryGetValue(name, out Entry? entry))
        {
            throw TensorSources.Missing(this, name);
        }

        TensorSources.RequireInside(this, entry.Info, byteOffset, destination.Length);
        if (entry.Strides is null)
        {
            _file.Read(entry.Begin + byteOffset, destination);
            return;
        }

        lock (_gatherLock)
        {
            if (_gathered?.Name != name)
            {
                _gathered = (name, Gather(entry, entry.Strides));
            }

            _gathered.Value.Bytes.AsSpan((int)byteOffset, destination.Length).CopyTo(destination);
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private void LoadArchive()
    {
        const string Pickle = "/data.pkl";
        var zip = StoredZip.Read(_file);
        string[] found = [.. zip.Names.Where(name => name.EndsWith(Pickle, StringComparison.Ordinal) && name.IndexOf('/') == name.Length - Pickle.Length)];
        if (found.Length != 1)
        {
            throw ModelFileException.At(Location, "directory", $"expected one entry NAME{Pickle}, as torch.save writes it, found {found.Length}");
        }

        string prefix = found[0][..^Pickle.Length];
        RequireLittleEndian(zip, prefix + "/byteorder");
        (long begin, long bytes) = zip.Find(found[0]);
        if (bytes > MaxPickleBytes)
        {
            throw ModelFileException.At(Location, $"entry '{found[0]}'", $"expected at most {MaxPickleBytes} bytes, found {bytes}");
        }

        var pickle = new byte[bytes];
        _file.Read(begin, pickle);
        var machine = new PickleMachine(pickle, Location, "data.pkl");
        AddTensors(machine, machine.Read(), storage => zip.Find($"{prefix}/data/{storage.Key}"));
    }

    private void RequireLittleEndian(StoredZip zip, string name)
    {
        if (!zip.Names.Contains(name))
        {
            return;
        }

        (long begin, long bytes) = zip.Find(name);
        var text = new byte[Math.Min(bytes, 16)];
        _file.Read(begin, text);
        if (!text.AsSpan().SequenceEqual("little"u8))
        {
            throw ModelFileException.At(Location, $"entry '{name}'", $"expected little-endian numbers, found \"{Encoding.ASCII.GetString(text)}\"");
        }
    }

    // Magic number, version, what machine wrote it, the tensors, the keys of the storages; then the storages, each behind its number of elements.
    private void LoadPickles()
    {
        var bytes = new byte[Math.Min(_file.Length, MaxPickleBytes)];
        _file.Read(0, bytes);
        var machine = new PickleMachine(bytes, Location, "pickles");
        if (bytes is not [0x80, ..] || machine.Read() is not OldMagic)
        {
            throw ModelFileException.At(Location, "byte 0", "expected a file as torch.save writes it: a ZIP archive, or pickles that begin with PyTorch's number");
        }

        machine.Read();
        if (machine.Read() is PickleDictionary system && system.Pairs.Any(pair => pair is ("little_endian", false)))
        {
            throw machine.Bad("expected little-endian numbers, found big-endian ones");
        }

        object? tensors = machine.Read();
        object?[] keys = machine.Read() is PickleList list ? [.. list.Items] : throw machine.Bad("expected the list of storages");
        AddTensors(machine, tensors, FindStorages(machine, keys, tensors));
    }

    private Func<PickleStorage, (long Begin, long Bytes)> FindStorages(PickleMachine machine, object?[] keys, object? tensors)
    {
        var sizes = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach ((object? _, object? value) in (tensors as PickleDictionary)?.Pairs ?? [])
        {
            if (value is PickleTensor { Storage: { DType: { } dtype } storage })
            {
                sizes[storage.Key] = dtype.SizeInBytes;
            }
        }

        var places = new Dictionary<string, (long Begin, long Bytes)>(StringComparer.Ordinal);
        long position = machine.Position;
        Span<byte> count = stackalloc byte[sizeof(long)];
        foreach (object? key in keys)
        {
            if (key is not string name || !sizes.TryGetValue(name, out long size))
            {
                throw machine.Bad($"expected storages that a tensor uses, found {(key as string) ?? PickleMachine.Describe(key)}");
            }

            _file.Read(position, count);
            long elements = BitConverter.ToInt64(count);
            position += count.Length;
            if (elements < 0 || elements > (_file.Length - position) / size)
            {
                throw ModelFileException.At(Location, $"byte {position}", $"expected storage '{name}' of {elements} elements, found {_file.Length - position} bytes; the file is truncated, fetch it again");
            }

            places[name] = (position, elements * size);
            position += elements * size;
        }

        return storage => places.TryGetValue(storage.Key, out (long Begin, long Bytes) place) ? place : throw machine.Bad($"storage '{storage.Key}' is not in the file");
    }

    private void AddTensors(PickleMachine machine, object? content, Func<PickleStorage, (long Begin, long Bytes)> find)
    {
        if (content is not PickleDictionary dictionary)
        {
            throw machine.Bad($"expected a dictionary of tensors, found {PickleMachine.Describe(content)}");
        }

        var places = new Dictionary<string, (long Begin, long Bytes)>(StringComparer.Ordinal);
        foreach ((object? key, object? value) in dictionary.Pairs)
        {
            if (key is not string name)
            {
                throw machine.Bad($"expected the name of a tensor, found {PickleMachine.Describe(key)}");
            }

            PickleTensor tensor = value as PickleTensor ?? throw ModelFileException.At(
                Location, $"key '{name}'", $"expected a tensor, found {PickleMachine.Describe(value)}; only dictionaries of tensors are read (save the state_dict alone)");
            if (!places.TryGetValue(tensor.Storage.Key, out (long Begin, long Bytes) place))
            {
                place = places[tensor.Storage.Key] = find(tensor.Storage);
            }

            if (!_tensors.TryAdd(name, MakeEntry(name, tensor, place.Begin, place.Bytes)))
            {
                throw ModelFileException.At(Location, $"key '{name}'", "stands in the file twice");
            }
        }
    }

    private Entry MakeEntry(string name, PickleTensor tensor, long begin, long bytes)
    {
        try
        {
            var info = new TensorInfo(name, tensor.DType, new Shape(tensor.Extents));
            long size = tensor.DType.SizeInBytes;
            bool isEmpty = info.Shape.Count == 0;
            bool isPlain = isEmpty || IsPlain(tensor);
            long last = tensor.Offset;
            for (int i = 0; i < tensor.Extents.Length && !isEmpty; i++)
            {
                last = checked(last + ((tensor.Extents[i] - 1) * tensor.Strides[i]));
            }

            if (!isEmpty && last >= bytes / size)
            {
                throw ModelFileException.At(Location, $"tensor '{name}'", $"reaches to element {last}, but its storage '{tensor.Storage.Key}' has {bytes / size}");
            }

            if (!isPlain && info.ByteCount > Math.Min(bytes, Array.MaxLength))
            {
                throw ModelFileException.At(Location, $"tensor '{name}'", "is larger than its storage or than an array, and not in row-major order; save it with .contiguous()");
            }

            return new Entry(info, checked(begin + (tensor.Offset * size)), isPlain ? null : tensor.Strides);
        }
        catch (Exception e) when (e is TensorException or OverflowException)
        {
            throw ModelFileException.At(Location, $"tensor '{name}'", $"its extents or strides are no tensor's: {e.Message}", e);
        }
    }

    private static bool IsPlain(PickleTensor tensor)
    {
        long stride = 1;
        for (int i = tensor.Extents.Length - 1; i >= 0; i--)
        {
            if (tensor.Extents[i] != 1 && tensor.Strides[i] != stride)
            {
                return false;
            }

            stride *= tensor.Extents[i];
        }

        return true;
    }

    // A view that is not in row-major order, such as a transposed matrix, is read whole: the stretch of its storage, then its elements one by one.
    private byte[] Gather(Entry entry, long[] strides)
    {
        int size = entry.Info.DType.SizeInBytes;
        int rank = entry.Info.Shape.Rank;
        long span = 1;
        for (int i = 0; i < rank; i++)
        {
            span += (entry.Info.Shape[i] - 1) * strides[i];
        }

        if (span * size > Array.MaxLength)
        {
            throw ModelFileException.At(Location, $"tensor '{entry.Info.Name}'", "is not in row-major order and lies too far apart to be put in order; save it with .contiguous()");
        }

        var stretch = new byte[span * size];
        _file.Read(entry.Begin, stretch);
        var result = new byte[entry.Info.ByteCount];
        Span<long> index = stackalloc long[Shape.MaxRank];
        long from = 0;
        for (int to = 0; to < result.Length; to += size)
        {
            stretch.AsSpan((int)from * size, size).CopyTo(result.AsSpan(to));
            for (int i = rank - 1; i >= 0; i--)
            {
                from += strides[i];
                if (++index[i] < entry.Info.Shape[i])
                {
                    break;
                }

                from -= index[i] * strides[i];
                index[i] = 0;
            }
        }

        return result;
    }

    private sealed record Entry(TensorInfo Info, long Begin, long[]? Strides);
}
