using System.Runtime.InteropServices;
using Attune.Kernels.Cpu;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Jit;

/// <summary>Writes what a kernel of <see cref="GemmEmitter"/> asks of memory while it multiplies: its place in C, the rows of the next tile, and the panels of the next group.</summary>
/// <remarks>
/// r13, r14 and r15 are the ways from a row pointer to rows 0, 1 and 2 behind it in the next tile; r12 points to what is fetched of the next panels, rbx, which tiles of
/// four panels need for no rows, to the fourth of them. rcx is lost.
/// </remarks>
/// <param name="code">Where the instructions go.</param>
/// <param name="rows">Rows of the tile.</param>
/// <param name="panels">Panels of the tile.</param>
/// <param name="resultBytes">Bytes of an element of C.</param>
/// <param name="fetch">What is asked for.</param>
/// <param name="fetchesRows">Whether the rows of the next tile are fetched.</param>
/// <param name="stepElements">Elements along K in a step.</param>
internal sealed class GemmFetchEmitter(Assembler code, int rows, int panels, int resultBytes, GemmFetch fetch, bool fetchesRows, int stepElements)
{
    private const int StepBytesA = GemmEmitter.StepBytesA;
    private const int StepBytesB = GemmEmitter.StepBytesB;

    private const int LineSteps = 64 / StepBytesA;

    /// <summary>Registers that it changes beyond those that <see cref="CallingConvention"/> saves.</summary>
    public static IReadOnlyList<AssemblerRegister64> Changed { get; } = [r12, r13, r14, r15];

    /// <summary>Steps in which a line of a piece is fetched once.</summary>
    public int PieceSteps => PanelLayout.PieceSteps(stepElements);

    /// <summary>Whether lines of pieces that lie apart are fetched.</summary>
    public bool FetchesPieces => fetch == GemmFetch.Pieces;

    private bool FetchesPanels => fetch == GemmFetch.Panels;

    /// <summary>Prepares a tile; the pointers to A and B are loaded.</summary>
    public void Start()
    {
        if (fetchesRows)
        {
            code.imul(r13, rdx, rows);
            code.lea(r14, __[r13 + rdx]);
            code.lea(r15, __[r14 + rdx]);
        }

        if (FetchesPanels)
        {
            code.mov(r12, rsi);
            code.add(r12, Argument(nameof(GemmArguments.PrefetchDistance)));
            if (panels == GemmEmitter.MaxPanels)
            {
                code.mov(rbx, rbp);
                code.add(rbx, Argument(nameof(GemmArguments.PrefetchDistance)));
            }
        }

        if (FetchesPieces)
        {
            code.mov(r12, Argument(nameof(GemmArguments.PrefetchFrom)));
            code.add(Argument(nameof(GemmArguments.PrefetchFrom)), panels * StepBytesB);
        }

        if (fetch != GemmFetch.Nothing)
        {
            FetchResult();
        }
    }

    /// <summary>What belongs to a turn of an unrolled loop; rcx holds a number of steps that falls by those of the loop with each turn.</summary>
    /// <param name="unroll">Steps of a turn.</param>
    /// <param name="rowPointers">Pointers to every third row.</param>
    public void Turn(int unroll, ReadOnlySpan<AssemblerRegister64> rowPointers)
    {
        for (int panel = 0; panel < panels && FetchesPieces; panel++)
        {
            code.prefetcht1(__[r12 + (panel * StepBytesB)]);
        }

        if (!fetchesRows)
        {
            return;
        }

        Label done = code.CreateLabel();
        code.test(ecx, LineSteps - unroll);
        code.jnz(done);
        Rows(rowPointers);
        code.Label(ref done);
    }

    /// <summary>A line of every row of the next tile, as far along it as the pointers are.</summary>
    /// <param name="rowPointers">Pointers to every third row.</param>
    public void Rows(ReadOnlySpan<AssemblerRegister64> rowPointers)
    {
        for (int row = 0; row < rows && fetchesRows; row++)
        {
            AssemblerRegister64 distance = (row % 3) switch
            {
                0 => r13,
                1 => r14,
                _ => r15,
            };
            code.prefetcht1(__[rowPointers[row / 3] + distance]);
        }
    }

    /// <summary>What belongs to a step.</summary>
    public void Step(int step)
    {
        for (int panel = 0; panel < panels && FetchesPanels; panel++)
        {
            code.prefetcht1(GemmEmitter.Panel(r12, rbx, panel, step * StepBytesB));
        }
    }

    /// <summary>Moves on behind the steps of a loop.</summary>
    public void Advance(int steps)
    {
        if (FetchesPanels)
        {
            code.add(r12, steps * StepBytesB);
            if (panels == GemmEmitter.MaxPanels)
            {
                code.add(rbx, steps * StepBytesB);
            }
        }

        if (FetchesPieces && steps == PieceSteps)
        {
            code.add(r12, Argument(nameof(GemmArguments.PrefetchDistance)));
        }
    }

    private static AssemblerMemoryOperand Argument(string field) => __qword_ptr[r11 + (int)Marshal.OffsetOf<GemmArguments>(field)];

    /// <summary>Asks for the lines of C while there is time: a large C is in no cache, and the stores come all at once.</summary>
    private void FetchResult()
    {
        int rowBytes = panels * PanelLayout.PanelRows * resultBytes;
        code.mov(rcx, Argument(nameof(GemmArguments.C)));
        for (int row = 0; row < rows; row++)
        {
            for (int line = 0; line < rowBytes; line += StepBytesB)
            {
                code.prefetchw(__[rcx + line]);
            }

            code.add(rcx, Argument(nameof(GemmArguments.CStride)));
        }
    }
}
