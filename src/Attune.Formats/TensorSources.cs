using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Attune.Tensors;

namespace Attune.Formats;

/// <summary>What every tensor source can do besides: whole tensors, typed arrays, conversion to single precision.</summary>
public static class TensorSources
{
    private const int ChunkBytes = 1 << 17;

    extension(ITensorSource source)
    {
        /// <summary>Whether there is a tensor with a name.</summary>
        public bool Contains(string name) => source.TryGetInfo(name, out _);

        /// <summary>Type and extents of a tensor.</summary>
        /// <exception cref="ModelFileException">There is no such tensor.</exception>
        public TensorInfo Info(string name) =>
            source.TryGetInfo(name, out TensorInfo? info) ? info : throw Missing(source, name);

        /// <summary>Reads a whole tensor into <paramref name="destination"/>, which has exactly its size.</summary>
        /// <exception cref="ModelFileException">There is no such tensor, its size differs, or the file ends early.</exception>
        public void Read(string name, Span<byte> destination)
        {
            TensorInfo info = source.Info(name);
            RequireLength(source, info, info.ByteCount, destination.Length, "bytes");
            source.Read(name, 0, destination);
        }

        /// <summary>Reads a whole tensor into a new array of bytes.</summary>
        /// <exception cref="ModelFileException">There is no such tensor, it is larger than an array can be, or the file ends early.</exception>
        public byte[] ReadBytes(string name)
        {
            byte[] bytes = NewArray<byte>(source, source.Info(name), source.Info(name).ByteCount);
            source.Read(name, 0, bytes);
            return bytes;
        }

        /// <summary>Reads a whole tensor into a new array without conversion; <typeparamref name="T"/> is the .NET type of its elements (BF16 as <see cref="ushort"/>; BOOL and 8-bit floats as <see cref="byte"/>).</summary>
        /// <exception cref="ModelFileException">There is no such tensor, its elements are of another type, or the file ends early.</exception>
        public T[] ReadAs<T>(string name)
            where T : unmanaged
        {
            TensorInfo info = source.Info(name);
            if (!Holds<T>(info.DType))
            {
                throw ModelFileException.At(source.Location, $"tensor '{name}'", $"elements are {info.DType.SafetensorsName}, which cannot be read as {typeof(T).Name}");
            }

            T[] values = NewArray<T>(source, info, info.Shape.Count);
            Span<T> rest = values;
            int step = ChunkBytes / Unsafe.SizeOf<T>();
            for (long offset = 0; !rest.IsEmpty; offset += (long)step * Unsafe.SizeOf<T>())
            {
                // In pieces, because a span of bytes cannot be longer than 2 GiB and an array of wider elements can.
                Span<T> piece = rest[..Math.Min(step, rest.Length)];
                source.Read(name, offset, MemoryMarshal.AsBytes(piece));
                rest = rest[piece.Length..];
            }

            return values;
        }

        /// <summary>Reads a whole floating-point tensor into a new array, converted to single precision.</summary>
        /// <exception cref="ModelFileException">There is no such tensor, its elements are not F16, BF16, F32 or F64, or the file ends early.</exception>
        public float[] ReadFloat32(string name)
        {
            TensorInfo info = source.Info(name);
            float[] values = NewArray<float>(source, info, info.Shape.Count);
            source.ReadFloat32(name, 0, values);
            return values;
        }

        /// <summary>Reads a part of a floating-point tensor, converted to single precision: elements in row-major order from <paramref name="elementOffset"/> on, as many as fit.</summary>
        /// <exception cref="ModelFileException">There is no such tensor, its elements are not F16, BF16, F32 or F64, the part is not inside it, or the file ends early.</exception>
        public void ReadFloat32(string name, long elementOffset, Span<float> destination)
        {
            TensorInfo info = source.Info(name);
            if (!FloatConversion.CanConvert(info.DType))
            {
                throw ModelFileException.At(source.Location, $"tensor '{name}'", $"expected F16, BF16, F32 or F64 elements, found {info.DType.SafetensorsName}");
            }

            int size = info.DType.SizeInBytes;
            byte[]? buffer = info.DType == DType.F32 ? null : ArrayPool<byte>.Shared.Rent(ChunkBytes);
            for (long done = 0; !destination.IsEmpty;)
            {
                Span<float> piece = destination[..Math.Min(ChunkBytes / size, destination.Length)];
                long offset = checked((elementOffset + done) * size);
                if (buffer is null)
                {
                    source.Read(name, offset, MemoryMarshal.AsBytes(piece));
                }
                else
                {
                    Span<byte> bytes = buffer.AsSpan(0, piece.Length * size);
                    source.Read(name, offset, bytes);
                    FloatConversion.ToFloat32(info.DType, bytes, piece);
                }

                done += piece.Length;
                destination = destination[piece.Length..];
            }

            if (buffer is not null)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    internal static ModelFileException Missing(ITensorSource source, string name) =>
        ModelFileException.At(source.Location, $"tensor '{name}'", $"there is no such tensor among the {source.Names.Count} of this file");

    /// <summary>Refuses a part that is not inside a tensor.</summary>
    internal static void RequireInside(ITensorSource source, TensorInfo info, long byteOffset, int byteCount)
    {
        if (byteOffset < 0 || byteOffset > info.ByteCount - byteCount)
        {
            throw ModelFileException.At(source.Location, $"tensor '{info.Name}'", $"bytes {byteOffset} to {byteOffset + byteCount} were asked for, but the tensor has {info.ByteCount}");
        }
    }

    private static void RequireLength(ITensorSource source, TensorInfo info, long expected, long found, string unit)
    {
        if (expected != found)
        {
            throw ModelFileException.At(source.Location, $"tensor '{info.Name}'", $"holds {expected} {unit} ({info.DType.SafetensorsName} {info.Shape}), but the destination has room for {found}");
        }
    }

    private static T[] NewArray<T>(ITensorSource source, TensorInfo info, long length) =>
        length <= Array.MaxLength
            ? GC.AllocateUninitializedArray<T>((int)length)
            : throw ModelFileException.At(source.Location, $"tensor '{info.Name}'", $"{length} elements are more than one array holds; read it in parts");

    private static bool Holds<T>(DType dtype) => dtype switch
    {
        DType.Bool or DType.U8 or DType.F8E4M3 or DType.F8E5M2 => typeof(T) == typeof(byte),
        DType.I8 => typeof(T) == typeof(sbyte),
        DType.I16 => typeof(T) == typeof(short),
        DType.U16 or DType.BF16 => typeof(T) == typeof(ushort),
        DType.F16 => typeof(T) == typeof(Half) || typeof(T) == typeof(ushort),
        DType.I32 => typeof(T) == typeof(int),
        DType.U32 => typeof(T) == typeof(uint),
        DType.F32 => typeof(T) == typeof(float),
        DType.I64 => typeof(T) == typeof(long),
        DType.U64 => typeof(T) == typeof(ulong),
        DType.F64 => typeof(T) == typeof(double),
        _ => false,
    };
}
