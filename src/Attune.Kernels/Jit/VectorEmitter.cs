using Iced.Intel;

namespace Attune.Kernels.Jit;

/// <summary>The vector instructions of a tier, on registers named by number, as the matrix-product emitter needs them.</summary>
internal abstract class VectorEmitter(Assembler assembler)
{
    /// <summary>Vectors that hold the 16 columns of a panel.</summary>
    public abstract int PanelVectors { get; }

    /// <summary>Vector registers.</summary>
    public abstract int Registers { get; }

    /// <summary>Bytes of a vector.</summary>
    public int VectorBytes => 64 / PanelVectors;

    /// <summary>Numbers that a multiply-add instruction multiplies, per lane: 2 for pairs of bf16.</summary>
    public abstract int ProductsPerLane { get; }

    protected Assembler Assembler { get; } = assembler;

    /// <summary>Reads the mask of the last panel's columns.</summary>
    public abstract void LoadMask(AssemblerMemoryOperand source);

    public abstract void Zero(int target);

    /// <summary>Loads a vector of a packed operand.</summary>
    public abstract void LoadPacked(int target, AssemblerMemoryOperand source);

    /// <summary>Copies 4 bytes to all lanes.</summary>
    public abstract void Broadcast(int target, AssemblerMemoryOperand source);

    /// <summary>sum += left x right, in the operand type.</summary>
    public abstract void MultiplyAdd(int sum, int left, int right);

    /// <summary>The same with a number in memory as the right operand of all lanes, named as <c>__dword_bcst</c>. Faster than a register that is used once; AVX-512 only.</summary>
    public abstract void MultiplyAdd(int sum, int left, AssemblerMemoryOperand right);

    public abstract void Multiply(int target, int factor);

    /// <summary>target = target x factor + addend in one rounding.</summary>
    public abstract void MultiplyThenAdd(int target, int factor, int addend);

    /// <summary>target = target x factor + addend in one rounding.</summary>
    public abstract void MultiplyThenAdd(int target, int factor, AssemblerMemoryOperand addend);

    public abstract void Add(int target, int addend);

    /// <summary>Puts 4 bytes into all lanes; eax is lost.</summary>
    public abstract void Fill(int target, int value);

    /// <summary>target = left and right, bit by bit.</summary>
    public abstract void And(int target, int left, int right);

    /// <summary>target = source, each lane of 32 bits shifted to the right.</summary>
    public abstract void ShiftRight(int target, int source, byte bits);

    /// <summary>Each lane of 32 bits shifted to the left.</summary>
    public abstract void ShiftLeft(int target, byte bits);

    /// <summary>Makes numbers of integers.</summary>
    public abstract void ConvertInt32(int target);

    /// <summary>Loads F16 and widens it.</summary>
    public abstract void LoadF16(int target, AssemblerMemoryOperand source);

    public abstract void LoadF32(int target, AssemblerMemoryOperand source, bool masked);

    /// <summary>Loads bf16 and widens it.</summary>
    public abstract void LoadBF16(int target, AssemblerMemoryOperand source, bool masked);

    public abstract void StoreF32(AssemblerMemoryOperand target, int source, bool masked);

    /// <summary>Sets up the register that <see cref="StoreBF16"/> takes as its constant.</summary>
    public abstract void PrepareRounding(int constant);

    /// <summary>Rounds to bf16 and stores; the source register is lost.</summary>
    public abstract void StoreBF16(AssemblerMemoryOperand target, int source, int constant, int temporary, bool masked);
}
