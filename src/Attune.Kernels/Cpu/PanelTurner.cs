using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Attune.Tensors;

namespace Attune.Kernels.Cpu;

/// <summary>
/// Makes panels of W^T from those of a packed weight W [N, K], on the calling thread: a trained model's weights are multiplied from both sides, and need not be kept twice.
/// The turning of a panel is done once for all rows of a product; beside some hundred rows it costs a few percent.
/// </summary>
internal static unsafe class PanelTurner
{
    private const int PanelRows = PanelLayout.PanelRows;
    private const int StepBytes = PanelLayout.StepBytes;

    /// <summary>Panels of W that are fetched ahead; a turned panel takes little of each of them, which the processor does not foresee.</summary>
    private const int PanelsAhead = 4;

    /// <summary>Where the parts of W begin that a turned panel is made of: one of each panel of W, as far apart as those, <see cref="PartBytes"/> long.</summary>
    public static byte* Parts(PackedPanels source, int panel, int firstStep)
    {
        int row = firstStep / StepsPerPanel(source.Layout.Storage);
        return source.Panel(row) + ((nint)panel * PartBytes(source.Layout));
    }

    /// <summary>Bytes of each panel of W that become part of a turned panel: 16 columns.</summary>
    public static int PartBytes(PanelLayout layout) => PanelRows / layout.StepElements * StepBytes;

    /// <summary>Steps of a turned panel that 16 rows of W become.</summary>
    public static int StepsPerPanel(DType storage) => storage == DType.BF16 ? PanelRows / 2 : PanelRows;

    /// <summary>Bytes of a turned panel with room for whole blocks.</summary>
    public static nint PanelBytes(DType storage, int steps)
    {
        int block = StepsPerPanel(storage);
        return (nint)((steps + block - 1) / block * block) * StepBytes;
    }

    /// <summary>Writes panels of W^T, some steps of each, <see cref="PanelBytes"/> apart.</summary>
    /// <param name="source">W.</param>
    /// <param name="firstPanel">First panel: columns of W from 16 times this on.</param>
    /// <param name="panels">Number of panels.</param>
    /// <param name="firstStep">First step, a multiple of <see cref="StepsPerPanel"/>.</param>
    /// <param name="steps">Number of steps; those beyond N become 0.</param>
    /// <param name="target">Where to.</param>
    public static void Turn(PackedPanels source, int firstPanel, int panels, int firstStep, int steps, byte* target)
    {
        DType storage = source.Layout.Storage;
        int block = StepsPerPanel(storage);
        nint targetStride = PanelBytes(storage, steps);
        int blocks = (steps + block - 1) / block;

        // The part of a panel of W that becomes one panel of W^T: 16 columns, which are steps here.
        int ownSteps = PanelRows / source.Layout.StepElements;
        for (int i = 0; i < blocks; i++)
        {
            int row = (firstStep / block) + i;
            for (int panel = 0; panel < panels; panel++)
            {
                byte* destination = target + (panel * targetStride) + ((nint)i * block * StepBytes);
                int step = (firstPanel + panel) * ownSteps;
                int present = row < source.Panels ? Math.Min(ownSteps, source.Layout.Steps - step) : 0;
                if (present <= 0)
                {
                    new Span<byte>(destination, block * StepBytes).Clear();
                    continue;
                }

                byte* from = source.Panel(row) + ((nint)step * StepBytes);
                if (row + PanelsAhead < source.Panels && Sse.IsSupported)
                {
                    Fetch(from + (PanelsAhead * (nint)source.Layout.PanelBytes), present);
                }

                if (storage == DType.BF16)
                {
                    TurnPairs(from, present, destination);
                }
                else
                {
                    new Span<byte>(destination, present == PanelRows ? 0 : PanelRows * StepBytes).Clear();
                    WordTranspose.Run((uint*)from, PanelRows, (uint*)destination, PanelRows, present, PanelRows);
                }
            }
        }
    }

    private static void Fetch(byte* from, int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            Sse.Prefetch0(from + (step * StepBytes));
        }
    }

    /// <summary>
    /// 16 rows by 8 pairs of columns: first the four numbers of two neighbouring rows change places within 8 bytes, so that pairs are along the rows, then the 8 x 8 groups of
    /// 8 bytes are transposed.
    /// </summary>
    private static void TurnPairs(byte* source, int steps, byte* target)
    {
        Vector512<byte> order = Vector512.Create(Vector128.Create((byte)0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15));
        Vector512<ulong> r0 = Load(source, 0, steps, order);
        Vector512<ulong> r1 = Load(source, 1, steps, order);
        Vector512<ulong> r2 = Load(source, 2, steps, order);
        Vector512<ulong> r3 = Load(source, 3, steps, order);
        Vector512<ulong> r4 = Load(source, 4, steps, order);
        Vector512<ulong> r5 = Load(source, 5, steps, order);
        Vector512<ulong> r6 = Load(source, 6, steps, order);
        Vector512<ulong> r7 = Load(source, 7, steps, order);

        // Even and odd columns of pairs of rows, then their quarters: lane i of rows 0, 2, 4, 6 (1, 3, 5, 7 behind).
        const int EverySecond = 2 * StepBytes;
        WordTranspose.StoreQuarters(Avx512F.UnpackLow(r0, r1), Avx512F.UnpackLow(r2, r3), Avx512F.UnpackLow(r4, r5), Avx512F.UnpackLow(r6, r7), target, EverySecond);
        WordTranspose.StoreQuarters(
            Avx512F.UnpackHigh(r0, r1), Avx512F.UnpackHigh(r2, r3), Avx512F.UnpackHigh(r4, r5), Avx512F.UnpackHigh(r6, r7), target + StepBytes, EverySecond);
    }

    private static Vector512<ulong> Load(byte* source, int step, int steps, Vector512<byte> order) =>
        step < steps ? Avx512BW.Shuffle(Vector512.Load(source + (step * StepBytes)), order).AsUInt64() : default;
}
