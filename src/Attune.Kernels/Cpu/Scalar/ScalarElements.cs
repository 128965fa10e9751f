using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Cpu.Scalar;

/// <summary>Reads or writes the elements of a tensor of any type one after the other in row-major order.</summary>
internal unsafe struct ScalarElements(Tensor tensor)
{
    // The index of the view counts from its first element, because the pointer stands there.
    private readonly byte* _start = CpuStorage.Start(tensor);
    private readonly DType _type = tensor.DType;
    private StridedIndex _place = new(tensor.Shape, tensor.Strides, 0);

    public double LoadNext() => Load(_type, _start, _place.Next());

    public void StoreNext(double value) => Store(_type, _start, _place.Next(), value);

    /// <summary>Address of the current element; moves on to the next one.</summary>
    public byte* AddressNext() => _start + (_place.Next() * _type.SizeInBytes);

    /// <summary>Reads one element; exact for every type but 64-bit integers beyond 2^53.</summary>
    public static double Load(DType type, byte* start, long index) => type switch
    {
        DType.F32 => ((float*)start)[index],
        DType.BF16 => BFloat16.ToSingle(((ushort*)start)[index]),
        DType.F16 => (double)((Half*)start)[index],
        DType.F64 => ((double*)start)[index],
        DType.I32 => ((int*)start)[index],
        DType.I64 => ((long*)start)[index],
        DType.Bool or DType.U8 => start[index],
        DType.I8 => ((sbyte*)start)[index],
        DType.I16 => ((short*)start)[index],
        DType.U16 => ((ushort*)start)[index],
        DType.U32 => ((uint*)start)[index],
        DType.U64 => ((ulong*)start)[index],
        _ => throw OnlyForFiles(type),
    };

    /// <summary>Writes one element, rounding floats to nearest even.</summary>
    public static void Store(DType type, byte* start, long index, double value)
    {
        switch (type)
        {
            case DType.F32:
                ((float*)start)[index] = (float)value;
                break;
            case DType.BF16:
                ((ushort*)start)[index] = BFloat16.FromSingle((float)value);
                break;
            case DType.F16:
                ((Half*)start)[index] = (Half)value;
                break;
            case DType.F64:
                ((double*)start)[index] = value;
                break;
            case DType.I32:
                ((int*)start)[index] = (int)value;
                break;
            case DType.I64:
                ((long*)start)[index] = (long)value;
                break;
            case DType.Bool:
                start[index] = value != 0 ? (byte)1 : (byte)0;
                break;
            case DType.U8:
                start[index] = (byte)value;
                break;
            case DType.I8:
                ((sbyte*)start)[index] = (sbyte)value;
                break;
            case DType.I16:
                ((short*)start)[index] = (short)value;
                break;
            case DType.U16:
                ((ushort*)start)[index] = (ushort)value;
                break;
            case DType.U32:
                ((uint*)start)[index] = (uint)value;
                break;
            case DType.U64:
                ((ulong*)start)[index] = (ulong)value;
                break;
            default:
                throw OnlyForFiles(type);
        }
    }

    private static TensorException OnlyForFiles(DType type) => new($"element type {type.SafetensorsName} is only for files; convert it first");
}
