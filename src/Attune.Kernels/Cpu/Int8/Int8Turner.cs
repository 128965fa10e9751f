using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Attune.Kernels.Cpu.Simd;
using Attune.Kernels.Jit;

namespace Attune.Kernels.Cpu.Int8;

/// <summary>Makes panels of W^T from those of a weight of codes, on the calling thread, as <see cref="PanelTurner"/> does for other weights.</summary>
internal static unsafe class Int8Turner
{
    private const int PanelRows = PanelLayout.PanelRows;
    private const int StepBytes = PanelLayout.StepBytes;

    /// <summary>Steps of a turned panel that a panel of W becomes, and those of a panel of W, 16 columns, that become a part of one.</summary>
    private const int OwnSteps = PanelRows / Int8Arguments.StepCodes;

    /// <summary>Bytes of each panel of W that become part of a turned panel.</summary>
    private const int PartBytes = OwnSteps * StepBytes;

    /// <summary>Panels of W that are fetched ahead; a turned panel takes little of each of them, which the processor does not foresee.</summary>
    private const int PanelsAhead = 4;

    /// <summary>Bytes of a turned panel.</summary>
    public static nint PanelBytes(Int8Panels source) => (nint)source.Panels * PartBytes;

    /// <summary>Where the parts of W begin that a turned panel is made of: one of each panel of W, as far apart as those.</summary>
    public static byte* Parts(Int8Panels source, int panel) => source.Panel(0) + ((nint)panel * PartBytes);

    /// <summary>Writes panels of W^T, <see cref="PanelBytes"/> apart.</summary>
    /// <param name="source">W.</param>
    /// <param name="firstPanel">First panel: columns of W from 16 times this on.</param>
    /// <param name="panels">Number of panels.</param>
    /// <param name="target">Where to.</param>
    [MethodImpl(Compile.Loop)]
    public static void Turn(Int8Panels source, int firstPanel, int panels, byte* target)
    {
        byte* ends = stackalloc byte[PartBytes];
        nint stride = PanelBytes(source);
        nint bytes = source.PanelBytes;
        for (int i = 0; i < source.Panels; i++)
        {
            byte* from = source.Panel(i) + ((nint)firstPanel * PartBytes);
            nint left = bytes - ((nint)firstPanel * PartBytes);
            for (int panel = 0; panel < panels; panel++, from += PartBytes, left -= PartBytes)
            {
                byte* part = from;
                if (left < PartBytes)
                {
                    new Span<byte>(ends, PartBytes).Clear();
                    Unsafe.CopyBlock(ends, from, (uint)left);
                    part = ends;
                }
                else if (i + PanelsAhead < source.Panels && Sse.IsSupported)
                {
                    Fetch(from + (PanelsAhead * bytes));
                }

                byte* destination = target + (panel * stride) + ((nint)i * PartBytes);
                if (Avx512BW.IsSupported)
                {
                    TurnVectors(part, destination);
                }
                else
                {
                    TurnBytes(part, destination);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch(byte* part)
    {
        Sse.Prefetch0(part);
        Sse.Prefetch0(part + StepBytes);
        Sse.Prefetch0(part + (2 * StepBytes));
        Sse.Prefetch0(part + (3 * StepBytes));
    }

    /// <summary>16 x 16 codes: those of a row's step change places with those of four rows within 16 bytes, then the 4 x 4 groups of 16 bytes are transposed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TurnVectors(byte* part, byte* target)
    {
        const byte LowHalves = 0x44;
        const byte HighHalves = 0xEE;
        const byte Even = 0x88;
        const byte Odd = 0xDD;
        Vector512<byte> order = Vector512.Create(Vector128.Create((byte)0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
        Vector512<ulong> a = Avx512BW.Shuffle(Vector512.Load(part), order).AsUInt64();
        Vector512<ulong> b = Avx512BW.Shuffle(Vector512.Load(part + StepBytes), order).AsUInt64();
        Vector512<ulong> c = Avx512BW.Shuffle(Vector512.Load(part + (2 * StepBytes)), order).AsUInt64();
        Vector512<ulong> d = Avx512BW.Shuffle(Vector512.Load(part + (3 * StepBytes)), order).AsUInt64();
        Vector512<ulong> lowerLeft = Avx512F.Shuffle4x128(a, b, LowHalves);
        Vector512<ulong> lowerRight = Avx512F.Shuffle4x128(c, d, LowHalves);
        Vector512<ulong> upperLeft = Avx512F.Shuffle4x128(a, b, HighHalves);
        Vector512<ulong> upperRight = Avx512F.Shuffle4x128(c, d, HighHalves);
        Avx512F.Shuffle4x128(lowerLeft, lowerRight, Even).Store((ulong*)target);
        Avx512F.Shuffle4x128(lowerLeft, lowerRight, Odd).Store((ulong*)(target + StepBytes));
        Avx512F.Shuffle4x128(upperLeft, upperRight, Even).Store((ulong*)(target + (2 * StepBytes)));
        Avx512F.Shuffle4x128(upperLeft, upperRight, Odd).Store((ulong*)(target + (3 * StepBytes)));
    }

    private static void TurnBytes(byte* part, byte* target)
    {
        const int Codes = Int8Arguments.StepCodes;
        for (int row = 0; row < PanelRows; row++)
        {
            for (int column = 0; column < PanelRows; column++)
            {
                target[(row / Codes * StepBytes) + (column * Codes) + (row % Codes)] = part[(column / Codes * StepBytes) + (row * Codes) + (column % Codes)];
            }
        }
    }
}
