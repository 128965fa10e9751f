using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Attune.Tensors.Backends;

/// <summary>A block of managed memory.</summary>
internal sealed class HostStorage(byte[] data) : Storage(data.Length)
{
    public byte[] Data { get; } = data;

    /// <summary>Reads one element as a double; exact for every type but 64-bit integers beyond 2^53.</summary>
    public double Load(DType dtype, long index)
    {
        ReadOnlySpan<byte> at = Data.AsSpan(checked((int)(index * dtype.SizeInBytes)));
        return dtype switch
        {
            DType.F32 => MemoryMarshal.Read<float>(at),
            DType.BF16 => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(at) << 16),
            DType.F16 => (double)MemoryMarshal.Read<Half>(at),
            DType.F64 => MemoryMarshal.Read<double>(at),
            DType.I32 => MemoryMarshal.Read<int>(at),
            DType.I64 => MemoryMarshal.Read<long>(at),
            DType.Bool or DType.U8 => at[0],
            DType.I8 => (sbyte)at[0],
            DType.I16 => MemoryMarshal.Read<short>(at),
            DType.U16 => MemoryMarshal.Read<ushort>(at),
            DType.U32 => MemoryMarshal.Read<uint>(at),
            DType.U64 => MemoryMarshal.Read<ulong>(at),
            _ => throw new TensorException($"element type {dtype.SafetensorsName} is only for files; convert it first"),
        };
    }

    /// <summary>Writes one element, rounding floats to nearest even.</summary>
    public void Store(DType dtype, long index, double value)
    {
        Span<byte> at = Data.AsSpan(checked((int)(index * dtype.SizeInBytes)));
        switch (dtype)
        {
            case DType.F32:
                MemoryMarshal.Write(at, (float)value);
                break;
            case DType.BF16:
                BinaryPrimitives.WriteUInt16LittleEndian(at, BFloat16.FromSingle((float)value));
                break;
            case DType.F16:
                MemoryMarshal.Write(at, (Half)value);
                break;
            case DType.F64:
                MemoryMarshal.Write(at, value);
                break;
            case DType.I32:
                MemoryMarshal.Write(at, (int)value);
                break;
            case DType.I64:
                MemoryMarshal.Write(at, (long)value);
                break;
            case DType.Bool:
                at[0] = value != 0 ? (byte)1 : (byte)0;
                break;
            case DType.U8:
                at[0] = (byte)value;
                break;
            case DType.I8:
                at[0] = (byte)(sbyte)value;
                break;
            case DType.I16:
                MemoryMarshal.Write(at, (short)value);
                break;
            case DType.U16:
                MemoryMarshal.Write(at, (ushort)value);
                break;
            case DType.U32:
                MemoryMarshal.Write(at, (uint)value);
                break;
            case DType.U64:
                MemoryMarshal.Write(at, (ulong)value);
                break;
            default:
                throw new TensorException($"element type {dtype.SafetensorsName} is only for files; convert it first");
        }
    }
}
