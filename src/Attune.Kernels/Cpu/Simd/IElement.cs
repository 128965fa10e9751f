using System.Runtime.CompilerServices;

namespace Attune.Kernels.Cpu.Simd;

/// <summary>An element type that vectors are loaded from and stored to directly; all arithmetic is in single precision.</summary>
internal unsafe interface IElement
{
    static abstract int Bytes { get; }

    static abstract V Load<V>(byte* source, nint index)
        where V : struct, IVec<V>;

    static abstract void Store<V>(byte* destination, nint index, V value)
        where V : struct, IVec<V>;

    /// <summary>Stores two neighbours along the depth of a packed panel, for as many of its columns as a vector has lanes; the first has an even place.</summary>
    static abstract void StoreDepths<V>(byte* destination, V first, V second)
        where V : struct, IVec<V>;
}

/// <summary>Single precision.</summary>
internal readonly unsafe struct F32Element : IElement
{
    public static int Bytes => sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<V>(byte* source, nint index)
        where V : struct, IVec<V> => V.Load((float*)source + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<V>(byte* destination, nint index, V value)
        where V : struct, IVec<V> => V.Store((float*)destination + index, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreDepths<V>(byte* destination, V first, V second)
        where V : struct, IVec<V>
    {
        V.Store((float*)destination, first);
        V.Store((float*)(destination + PanelLayout.StepBytes), second);
    }
}

/// <summary>bfloat16.</summary>
internal readonly unsafe struct BF16Element : IElement
{
    public static int Bytes => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<V>(byte* source, nint index)
        where V : struct, IVec<V> => V.LoadBF16((ushort*)source + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<V>(byte* destination, nint index, V value)
        where V : struct, IVec<V> => V.StoreBF16((ushort*)destination + index, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreDepths<V>(byte* destination, V first, V second)
        where V : struct, IVec<V> => V.StoreBF16Pairs((uint*)destination, first, second);
}
