using System.Runtime.InteropServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Jit;

/// <summary>Writes the kernels of attention with a single query, which read keys and values where they lie, for processors with AVX-512 BF16.</summary>
/// <remarks>
/// rsi walks over rows, rdx bytes apart; rdi is the query or walks over weights, r8 is the result, rcx counts strips of 16 rows or pairs of them, rax walks over the rows of a strip. Rows one strip ahead are
/// fetched: rows of a head are too far apart for the processor to see what comes next.
/// </remarks>
internal static class SingleQueryEmitter
{
    /// <summary>Rows of a strip.</summary>
    public const int StripRows = 16;

    /// <summary>Numbers of a chunk of a row, which one register holds; a row is whole chunks.</summary>
    public const int ChunkNumbers = 32;

    /// <summary>Most chunks of a row.</summary>
    public const int MaxChunks = 8;

    /// <summary>Most heads whose sums are made together.</summary>
    public const int MaxHeads = 4;

    /// <summary>Bytes from the weights of one head to those of the next.</summary>
    public const int WeightStride = 128;

    private const int ChunkBytes = 64;
    private const int SumRegisters = 20;
    private const byte LowerLanes = 0x44;
    private const byte UpperLanes = 0xEE;
    private const byte EvenLanes = 0x88;
    private const byte OddLanes = 0xDD;
    private const byte MiddleLanesSwapped = 0xD8;

    private static readonly AssemblerRegisterZMM[] Registers =
    [
        zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15, zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23,
    ];

    /// <summary>Heads whose sums fit into registers together.</summary>
    public static int HeadsAtOnce(int chunks) => Math.Clamp(SumRegisters / (2 * chunks), 1, MaxHeads);

    /// <summary>result[j] = query rows[j].</summary>
    public static void EmitScores(Assembler code, int chunks)
    {
        Enter(code);
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            code.vmovups(Registers[StripRows + chunk], __[rdi + (chunk * ChunkBytes)]);
        }

        code.shr(rcx, 4);
        Label strip = code.CreateLabel();
        code.Label(ref strip);
        code.mov(rax, rdx);
        code.shl(rax, 4);
        for (int row = 0; row < StripRows; row++)
        {
            AssemblerRegisterZMM sum = Registers[row];
            code.vpxord(sum, sum, sum);
            for (int chunk = 0; chunk < chunks; chunk++)
            {
                code.vdpbf16ps(sum, Registers[StripRows + chunk], __[rsi + (chunk * ChunkBytes)]);
                code.prefetcht0(__[rsi + rax + (chunk * ChunkBytes)]);
            }

            code.add(rsi, rdx);
        }

        EmitLaneSums(code);
        code.vmovups(__[r8], zmm0);
        code.add(r8, StripRows * sizeof(float));
        code.dec(rcx);
        code.jnz(strip);
        CallingConvention.Leave(code);
    }

    /// <summary>result += the sum of operand[j] rows[j], for some heads.</summary>
    public static void EmitSums(Assembler code, int chunks, int heads)
    {
        Enter(code);
        AssemblerRegisterZMM Sum(int head, int half) => Registers[(head * 2 * chunks) + half];
        for (int register = 0; register < heads * 2 * chunks; register++)
        {
            code.vpxord(Registers[register], Registers[register], Registers[register]);
        }

        code.shr(rcx, 1);
        code.mov(rax, rdx);
        code.shl(rax, 4);
        Label pair = code.CreateLabel();
        code.Label(ref pair);
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            code.vmovups(zmm24, __[rsi + (chunk * ChunkBytes)]);
            code.vmovups(zmm25, __[rsi + rdx + (chunk * ChunkBytes)]);
            code.prefetcht0(__[rsi + rax + (chunk * ChunkBytes)]);
            code.vpunpcklwd(zmm26, zmm24, zmm25);
            code.vpunpckhwd(zmm27, zmm24, zmm25);
            for (int head = 0; head < heads; head++)
            {
                code.vdpbf16ps(Sum(head, 2 * chunk), zmm26, __dword_bcst[rdi + (head * WeightStride)]);
                code.vdpbf16ps(Sum(head, (2 * chunk) + 1), zmm27, __dword_bcst[rdi + (head * WeightStride)]);
            }
        }

        // The second row of the pair, a strip ahead.
        code.add(rsi, rdx);
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            code.prefetcht0(__[rsi + rax + (chunk * ChunkBytes)]);
        }

        code.add(rsi, rdx);
        code.add(rdi, 2 * sizeof(ushort));
        code.dec(rcx);
        code.jnz(pair);
        for (int head = 0; head < heads; head++)
        {
            for (int chunk = 0; chunk < chunks; chunk++)
            {
                EmitResult(code, Sum(head, 2 * chunk), Sum(head, (2 * chunk) + 1), chunk * 2 * ChunkBytes);
            }

            code.add(r8, Argument(nameof(SingleQueryArguments.ResultStride)));
        }

        CallingConvention.Leave(code);
    }

    private static void Enter(Assembler code)
    {
        CallingConvention.Enter(code);
        code.mov(rsi, Argument(nameof(SingleQueryArguments.Rows)));
        code.mov(rdx, Argument(nameof(SingleQueryArguments.RowBytes)));
        code.mov(rcx, Argument(nameof(SingleQueryArguments.Count)));
        code.mov(rdi, Argument(nameof(SingleQueryArguments.Operand)));
        code.mov(r8, Argument(nameof(SingleQueryArguments.Result)));
    }

    /// <summary>zmm0 = the sums of the lanes of zmm0 to zmm15, in order.</summary>
    private static void EmitLaneSums(Assembler code)
    {
        Fold(code, 1, code.vunpcklps, code.vunpckhps);
        Fold(code, 2, code.vunpcklpd, code.vunpckhpd);
        Fold(code, 4, (target, a, b) => code.vshuff32x4(target, a, b, EvenLanes), (target, a, b) => code.vshuff32x4(target, a, b, OddLanes));
        Fold(code, 8, (target, a, b) => code.vshuff32x4(target, a, b, EvenLanes), (target, a, b) => code.vshuff32x4(target, a, b, OddLanes));
    }

    /// <summary>Every second register so many apart becomes the sum of two shuffles of itself and its neighbour.</summary>
    private static void Fold(
        Assembler code, int distance, Action<AssemblerRegisterZMM, AssemblerRegisterZMM, AssemblerRegisterZMM> first, Action<AssemblerRegisterZMM, AssemblerRegisterZMM, AssemblerRegisterZMM> second)
    {
        for (int register = 0; register < StripRows; register += 2 * distance)
        {
            first(zmm24, Registers[register], Registers[register + distance]);
            second(zmm25, Registers[register], Registers[register + distance]);
            code.vaddps(Registers[register], zmm24, zmm25);
        }
    }

    /// <summary>Unpacking left groups of four columns in turn in two registers; they are put in order and added to the result.</summary>
    private static void EmitResult(Assembler code, AssemblerRegisterZMM low, AssemblerRegisterZMM high, int offset)
    {
        code.vshuff32x4(zmm24, low, high, LowerLanes);
        code.vshuff32x4(zmm25, low, high, UpperLanes);
        code.vshuff32x4(zmm24, zmm24, zmm24, MiddleLanesSwapped);
        code.vshuff32x4(zmm25, zmm25, zmm25, MiddleLanesSwapped);
        code.vaddps(zmm24, zmm24, __[r8 + offset]);
        code.vaddps(zmm25, zmm25, __[r8 + offset + ChunkBytes]);
        code.vmovups(__[r8 + offset], zmm24);
        code.vmovups(__[r8 + offset + ChunkBytes], zmm25);
    }

    private static AssemblerMemoryOperand Argument(string field) => __qword_ptr[r11 + (int)Marshal.OffsetOf<SingleQueryArguments>(field)];
}
