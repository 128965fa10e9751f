using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Elementwise;

/// <summary>Conversion of short runs of elements of any supported type and stride from and to single precision.</summary>
internal static unsafe class Blocks
{
    /// <summary>Elements of a run: the buffers of all operands fit into the first-level cache.</summary>
    public const int Size = 512;

    /// <summary>Whether vector kernels take the type: values that single precision holds exactly.</summary>
    public static bool Takes(DType type) => type is DType.F32 or DType.BF16 or DType.F16 or DType.Bool;

    public static void Load<V>(DType type, byte* source, long stride, int count, float* destination)
        where V : struct, IVec<V>
    {
        switch (type)
        {
            case DType.BF16 when stride == 1:
                WidenRun<V>((ushort*)source, count, destination);
                break;
            case DType.F32 when stride == 1:
                Unsafe.CopyBlockUnaligned(destination, source, (uint)count * sizeof(float));
                break;
            case DType.F32:
                for (int i = 0; i < count; i++)
                {
                    destination[i] = ((float*)source)[i * stride];
                }

                break;
            case DType.BF16:
                for (int i = 0; i < count; i++)
                {
                    destination[i] = BFloat16.ToSingle(((ushort*)source)[i * stride]);
                }

                break;
            case DType.F16:
                for (int i = 0; i < count; i++)
                {
                    destination[i] = (float)((Half*)source)[i * stride];
                }

                break;
            case DType.Bool:
                for (int i = 0; i < count; i++)
                {
                    destination[i] = source[i * stride] == 0 ? 0 : 1;
                }

                break;
            default:
                throw new TensorException($"element type {type.SafetensorsName} has no vector form");
        }
    }

    public static void Store<V>(DType type, byte* destination, long stride, int count, float* source)
        where V : struct, IVec<V>
    {
        switch (type)
        {
            case DType.BF16 when stride == 1:
                NarrowRun<V>(source, count, (ushort*)destination);
                break;
            case DType.F32:
                for (int i = 0; i < count; i++)
                {
                    ((float*)destination)[i * stride] = source[i];
                }

                break;
            case DType.BF16:
                for (int i = 0; i < count; i++)
                {
                    ((ushort*)destination)[i * stride] = BFloat16.FromSingle(source[i]);
                }

                break;
            case DType.F16:
                for (int i = 0; i < count; i++)
                {
                    ((Half*)destination)[i * stride] = (Half)source[i];
                }

                break;
            case DType.Bool:
                for (int i = 0; i < count; i++)
                {
                    destination[i * stride] = source[i] == 0 ? (byte)0 : (byte)1;
                }

                break;
            default:
                throw new TensorException($"element type {type.SafetensorsName} has no vector form");
        }
    }

    /// <summary>A run in single precision: the memory itself where it is that already, else a converted copy in <paramref name="buffer"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float* View<V>(DType type, byte* source, long stride, int count, float* buffer)
        where V : struct, IVec<V>
    {
        if (type == DType.F32 && stride == 1)
        {
            return (float*)source;
        }

        Load<V>(type, source, stride, count, buffer);
        return buffer;
    }

    [MethodImpl(Compile.Loop)]
    private static void WidenRun<V>(ushort* source, int count, float* destination)
        where V : struct, IVec<V>
    {
        int i = 0;
        for (; i <= count - V.Count; i += V.Count)
        {
            V.Store(destination + i, V.LoadBF16(source + i));
        }

        for (; i < count; i++)
        {
            destination[i] = BFloat16.ToSingle(source[i]);
        }
    }

    [MethodImpl(Compile.Loop)]
    private static void NarrowRun<V>(float* source, int count, ushort* destination)
        where V : struct, IVec<V>
    {
        int i = 0;
        for (; i <= count - V.Count; i += V.Count)
        {
            V.StoreBF16(destination + i, V.Load(source + i));
        }

        for (; i < count; i++)
        {
            destination[i] = BFloat16.FromSingle(source[i]);
        }
    }
}
