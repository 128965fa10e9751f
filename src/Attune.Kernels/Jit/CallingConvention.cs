using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Jit;

/// <summary>Entry and exit of emitted functions with one pointer argument, on Linux and macOS (System V) and on Windows.</summary>
/// <remarks>Between entry and exit a function may change rax, rbx, rcx, rdx, rsi, rdi, rbp, r8 to r11 and all vector and mask registers; r11 holds the argument.</remarks>
internal static class CallingConvention
{
    private const int SavedVectors = 10;

    private static readonly AssemblerRegisterXMM[] Saved = [xmm6, xmm7, xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15];

    /// <summary>Saves what the caller wants back and moves the argument to r11.</summary>
    public static void Enter(Assembler assembler)
    {
        assembler.push(rbx);
        assembler.push(rbp);
        if (!OperatingSystem.IsWindows())
        {
            assembler.mov(r11, rdi);
            return;
        }

        assembler.mov(r11, rcx);
        assembler.push(rsi);
        assembler.push(rdi);
        assembler.sub(rsp, SavedVectors * 16);
        for (int i = 0; i < SavedVectors; i++)
        {
            assembler.vmovups(__xmmword_ptr[rsp + (i * 16)], Saved[i]);
        }
    }

    /// <summary>Restores what was saved and returns.</summary>
    public static void Leave(Assembler assembler)
    {
        // Without it, later SSE code of the caller would pay for the upper halves.
        assembler.vzeroupper();
        if (OperatingSystem.IsWindows())
        {
            for (int i = 0; i < SavedVectors; i++)
            {
                assembler.vmovups(Saved[i], __xmmword_ptr[rsp + (i * 16)]);
            }

            assembler.add(rsp, SavedVectors * 16);
            assembler.pop(rdi);
            assembler.pop(rsi);
        }

        assembler.pop(rbp);
        assembler.pop(rbx);
        assembler.ret();
    }

    /// <summary>The machine code of what was emitted; it does not depend on its address.</summary>
    public static byte[] Assemble(Assembler assembler)
    {
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), 0);
        return stream.ToArray();
    }
}
