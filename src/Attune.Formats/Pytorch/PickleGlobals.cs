using Attune.Tensors;

namespace Attune.Formats;

/// <summary>The Python objects that stand for data in pickled weights; any other name is refused.</summary>
internal static class PickleGlobals
{
    private const string OrderedDictionary = "collections.OrderedDict";
    private const string RebuildTensor = "torch._utils._rebuild_tensor_v2";
    private const string RebuildTypedTensor = "torch._utils._rebuild_tensor_v3";
    private const string RebuildParameter = "torch._utils._rebuild_parameter";
    private const string Size = "torch.Size";
    private const string Untyped = "torch.storage.UntypedStorage";

    private static readonly Dictionary<string, DType> Storages = new(StringComparer.Ordinal)
    {
        ["torch.DoubleStorage"] = DType.F64,
        ["torch.FloatStorage"] = DType.F32,
        ["torch.HalfStorage"] = DType.F16,
        ["torch.BFloat16Storage"] = DType.BF16,
        ["torch.LongStorage"] = DType.I64,
        ["torch.IntStorage"] = DType.I32,
        ["torch.ShortStorage"] = DType.I16,
        ["torch.CharStorage"] = DType.I8,
        ["torch.ByteStorage"] = DType.U8,
        ["torch.BoolStorage"] = DType.Bool,
    };

    private static readonly Dictionary<string, DType> Types = new(StringComparer.Ordinal)
    {
        ["torch.float64"] = DType.F64,
        ["torch.float32"] = DType.F32,
        ["torch.float16"] = DType.F16,
        ["torch.bfloat16"] = DType.BF16,
        ["torch.int64"] = DType.I64,
        ["torch.int32"] = DType.I32,
        ["torch.int16"] = DType.I16,
        ["torch.int8"] = DType.I8,
        ["torch.uint8"] = DType.U8,
        ["torch.uint16"] = DType.U16,
        ["torch.uint32"] = DType.U32,
        ["torch.uint64"] = DType.U64,
        ["torch.bool"] = DType.Bool,
        ["torch.float8_e4m3fn"] = DType.F8E4M3,
        ["torch.float8_e5m2"] = DType.F8E5M2,
    };

    private static readonly HashSet<string> Known =
        [OrderedDictionary, RebuildTensor, RebuildTypedTensor, RebuildParameter, Size, Untyped, .. Storages.Keys, .. Types.Keys];

    /// <summary>Takes a name, if it is one of those that stand for data.</summary>
    public static PickleGlobal Find(PickleMachine machine, string name) => Known.Contains(name)
        ? new PickleGlobal(name)
        : throw machine.Bad($"expected tensors only, found the Python object {name}; pickled objects can run code and are not read. Save the weights alone, or as safetensors");

    /// <summary>What a call of a name amounts to.</summary>
    public static object Make(PickleMachine machine, PickleGlobal callee, object?[] arguments)
    {
        switch (callee.Name)
        {
            case OrderedDictionary when arguments.Length == 0:
                return new PickleDictionary();
            case Size when arguments is [PickleTuple extents]:
                return extents;
            case RebuildParameter when arguments is [PickleTensor data, ..]:
                return data;
            case RebuildTensor when arguments is [PickleStorage { DType: { } own } storage, long offset, PickleTuple size, PickleTuple stride, ..]:
                return Tensor(machine, storage, own, offset, size, stride);
            case RebuildTypedTensor when arguments is [PickleStorage storage, long offset, PickleTuple size, PickleTuple stride, _, _, PickleGlobal type, ..]:
                return Tensor(machine, storage, Types.TryGetValue(type.Name, out DType dtype) ? dtype : throw machine.Bad($"expected an element type, found {type.Name}"), offset, size, stride);
            default:
                throw machine.Bad($"cannot make data of {callee.Name} with ({string.Join(", ", arguments.Take(8).Select(PickleMachine.Describe))})");
        }
    }

    /// <summary>The storage that a persistent id names: ('storage', type, key, device, count), with a sixth item in the old format.</summary>
    public static PickleStorage Storage(PickleMachine machine, object? id)
    {
        if (id is not PickleTuple { Items: ["storage", PickleGlobal type, string key, string, long and >= 0, ..] items } || items.Length > 6)
        {
            throw machine.Bad($"expected the name of a storage, found {PickleMachine.Describe(id)}");
        }

        if (items is [.., _, _, _, _, _, not null])
        {
            throw machine.Bad($"storage '{key}' is a view of another, as only very old versions of PyTorch write; load and save it with a newer one");
        }

        if (type.Name == Untyped)
        {
            return new PickleStorage(key, null, (long)items[4]!);
        }

        return Storages.TryGetValue(type.Name, out DType dtype)
            ? new PickleStorage(key, dtype, (long)items[4]!)
            : throw machine.Bad($"expected the type of a storage, found {type.Name}");
    }

    private static PickleTensor Tensor(PickleMachine machine, PickleStorage storage, DType dtype, long offset, PickleTuple size, PickleTuple stride)
    {
        long[] extents = Numbers(machine, size);
        long[] strides = Numbers(machine, stride);
        return extents.Length == strides.Length && offset >= 0
            ? new PickleTensor(storage, dtype, offset, extents, strides)
            : throw machine.Bad($"a tensor has {extents.Length} extents, {strides.Length} strides and begins at element {offset}");
    }

    private static long[] Numbers(PickleMachine machine, PickleTuple tuple) =>
        tuple.Items.Length <= Shape.MaxRank && Array.TrueForAll(tuple.Items, item => item is long and >= 0)
            ? [.. tuple.Items.Select(item => (long)item!)]
            : throw machine.Bad($"expected at most {Shape.MaxRank} extents or strides that are not negative");
}
