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

    /// <summary>Steps of a turned panel that a panel of W becomes.</summary>
    private const int OwnSteps = PanelRows / Int8Arguments.StepCodes;

    /// <summary>Bytes of a turned panel.</summary>
    public static nint PanelBytes(Int8Panels source) => (nint)source.Panels * OwnSteps * StepBytes;

    /// <summary>Writes panels of W^T, <see cref="PanelBytes"/> apart, with the corrections of their blocks.</summary>
    /// <param name="source">W.</param>
    /// <param name="firstPanel">First panel: columns of W from 16 times this on.</param>
    /// <param name="panels">Number of panels.</param>
    /// <param name="target">Where to.</param>
    /// <param name="corrections">Where the corrections go: of each block, 16 for every panel.</param>
    [MethodImpl(Compile.Loop)]
    public static void Turn(Int8Panels source, int firstPanel, int panels, byte* target, int* corrections)
    {
        byte* missing = stackalloc byte[StepBytes];
        new Span<byte>(missing, StepBytes).Clear();
        byte** steps = stackalloc byte*[OwnSteps];
        nint stride = PanelBytes(source);
        for (int i = 0; i < source.Panels; i++)
        {
            for (int panel = 0; panel < panels; panel++)
            {
                int first = (firstPanel + panel) * OwnSteps;
                for (int step = 0; step < OwnSteps; step++)
                {
                    steps[step] = first + step < source.Steps ? source.Panel(i) + ((nint)(first + step) * StepBytes) : missing;
                }

                byte* destination = target + (panel * stride) + ((nint)i * OwnSteps * StepBytes);
                if (Avx512BW.IsSupported)
                {
                    TurnVectors(steps, destination);
                }
                else
                {
                    TurnBytes(steps, destination);
                }
            }
        }

        int turnedSteps = source.Panels * OwnSteps;
        for (int panel = 0; panel < panels; panel++)
        {
            Int8Blocks.Correct(target + (panel * stride), turnedSteps, corrections + (panel * PanelRows), (nint)panels * PanelRows * sizeof(int));
        }
    }

    /// <summary>16 x 16 codes: those of a row's step change places with those of four rows within 16 bytes, then the 4 x 4 groups of 16 bytes are transposed.</summary>
    private static void TurnVectors(byte** steps, byte* target)
    {
        const byte LowHalves = 0x44;
        const byte HighHalves = 0xEE;
        const byte Even = 0x88;
        const byte Odd = 0xDD;
        Vector512<byte> order = Vector512.Create(Vector128.Create((byte)0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
        Vector512<ulong> a = Avx512BW.Shuffle(Vector512.Load(steps[0]), order).AsUInt64();
        Vector512<ulong> b = Avx512BW.Shuffle(Vector512.Load(steps[1]), order).AsUInt64();
        Vector512<ulong> c = Avx512BW.Shuffle(Vector512.Load(steps[2]), order).AsUInt64();
        Vector512<ulong> d = Avx512BW.Shuffle(Vector512.Load(steps[3]), order).AsUInt64();
        Vector512<ulong> lowerLeft = Avx512F.Shuffle4x128(a, b, LowHalves);
        Vector512<ulong> lowerRight = Avx512F.Shuffle4x128(c, d, LowHalves);
        Vector512<ulong> upperLeft = Avx512F.Shuffle4x128(a, b, HighHalves);
        Vector512<ulong> upperRight = Avx512F.Shuffle4x128(c, d, HighHalves);
        Avx512F.Shuffle4x128(lowerLeft, lowerRight, Even).Store((ulong*)target);
        Avx512F.Shuffle4x128(lowerLeft, lowerRight, Odd).Store((ulong*)(target + StepBytes));
        Avx512F.Shuffle4x128(upperLeft, upperRight, Even).Store((ulong*)(target + (2 * StepBytes)));
        Avx512F.Shuffle4x128(upperLeft, upperRight, Odd).Store((ulong*)(target + (3 * StepBytes)));
    }

    private static void TurnBytes(byte** steps, byte* target)
    {
        const int Codes = Int8Arguments.StepCodes;
        for (int row = 0; row < PanelRows; row++)
        {
            for (int column = 0; column < PanelRows; column++)
            {
                target[(row / Codes * StepBytes) + (column * Codes) + (row % Codes)] = steps[column / Codes][(row * Codes) + (column % Codes)];
            }
        }
    }
}
