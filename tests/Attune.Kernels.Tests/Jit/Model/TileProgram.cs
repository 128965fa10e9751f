using Iced.Intel;

namespace Attune.Kernels.Tests.Jit.Model;

/// <summary>One execution of a program: general registers, flags, control flow and memory; vectors and tiles have classes of their own.</summary>
internal sealed unsafe class TileProgram
{
    private const ulong CalleesValue = 0x5A5A_0000;
    private readonly Dictionary<ulong, Instruction> _program;
    private readonly MemoryMap? _map;
    private readonly ulong[] _registers = new ulong[16];
    private readonly Stack<ulong> _stack = new();
    private readonly VectorRegisters _vectors;
    private readonly TileRegisters _tiles;
    private bool _zero;
    private bool _less;

    public TileProgram(Dictionary<ulong, Instruction> program, MemoryMap? map)
    {
        _program = program;
        _map = map;
        _vectors = new VectorRegisters(this);
        _tiles = new TileRegisters(this);
    }

    /// <summary>Executes until the function returns, and checks that it leaves the processor as callers expect it.</summary>
    /// <returns>Instructions executed.</returns>
    public long Run(ulong start, ulong argument)
    {
        Register[] saved = [Register.RBX, Register.RBP, Register.R12, Register.R13, Register.R14, Register.R15];
        foreach (Register register in saved)
        {
            this[register] = CalleesValue + (ulong)register;
        }

        this[Register.RDI] = argument;
        long count = 0;
        ulong next = start;
        while (true)
        {
            Instruction instruction = _program[next];
            count++;
            if (instruction.Mnemonic == Mnemonic.Ret)
            {
                break;
            }

            next = instruction.FlowControl == FlowControl.ConditionalBranch && IsTaken(instruction) ? instruction.NearBranchTarget : instruction.NextIP;
            Execute(instruction);
        }

        Assert.Empty(_stack);
        Assert.All(saved, register => Assert.Equal(CalleesValue + (ulong)register, this[register]));
        Assert.True(_tiles.AreReleased, "the tiles are not released");
        Assert.True(_vectors.AreUppersZero, "the upper halves of vectors are not cleared");
        return count;
    }

    /// <summary>A general register; 32-bit ones are zero-extended when they are written.</summary>
    public ulong this[Register register]
    {
        get => register.IsGPR32() ? (uint)_registers[Index(register)] : _registers[Index(register)];
        set => _registers[Index(register)] = register.IsGPR32() ? (uint)value : value;
    }

    /// <summary>The bytes that a memory operand names.</summary>
    public byte* Memory(in Instruction instruction, int bytes, bool write)
    {
        ulong index = instruction.MemoryIndex == Register.None ? 0 : this[instruction.MemoryIndex] * (ulong)instruction.MemoryIndexScale;
        return At(Base(instruction) + index, bytes, write);
    }

    /// <summary>A memory operand without its index.</summary>
    public ulong Base(in Instruction instruction) => this[instruction.MemoryBase] + instruction.MemoryDisplacement64;

    /// <summary>Memory that the program may touch.</summary>
    public byte* At(ulong address, int bytes, bool write)
    {
        _map?.Check(address, bytes, write);
        return (byte*)address;
    }

    private static int Index(Register register) => register.GetFullRegister() - Register.RAX;

    private void Execute(in Instruction instruction)
    {
        if (_tiles.TryExecute(instruction) || _vectors.TryExecute(instruction))
        {
            return;
        }

        switch (instruction.Mnemonic)
        {
            case Mnemonic.Push:
                _stack.Push(this[instruction.Op0Register]);
                break;
            case Mnemonic.Pop:
                this[instruction.Op0Register] = _stack.Pop();
                break;
            case Mnemonic.Mov:
                Write(instruction, Read(instruction, 1));
                break;
            case Mnemonic.Add:
                Write(instruction, Flagged((Int128)(long)Read(instruction, 0) + (long)Read(instruction, 1)));
                break;
            case Mnemonic.Sub:
                Write(instruction, Flagged((Int128)(long)Read(instruction, 0) - (long)Read(instruction, 1)));
                break;
            case Mnemonic.Cmp:
                Flagged((Int128)(long)Read(instruction, 0) - (long)Read(instruction, 1));
                break;
            case Mnemonic.Dec:
                Write(instruction, Flagged((Int128)(long)Read(instruction, 0) - 1));
                break;
            case Mnemonic.Imul:
                int factor = instruction.OpCount - 2;
                Write(instruction, Read(instruction, factor) * Read(instruction, factor + 1));
                break;
            case Mnemonic.Prefetcht1 or Mnemonic.Je or Mnemonic.Jne or Mnemonic.Jle or Mnemonic.Jg:
                break;
            default:
                throw new NotSupportedException($"the model has no {instruction}");
        }
    }

    private bool IsTaken(in Instruction instruction) => instruction.Mnemonic switch
    {
        Mnemonic.Je => _zero,
        Mnemonic.Jne => !_zero,
        Mnemonic.Jle => _zero || _less,
        Mnemonic.Jg => !_zero && !_less,
        _ => throw new NotSupportedException($"the model has no {instruction}"),
    };

    private ulong Flagged(Int128 result)
    {
        _zero = (ulong)result == 0;
        _less = result < 0;
        return (ulong)result;
    }

    private ulong Read(in Instruction instruction, int operand) => instruction.GetOpKind(operand) switch
    {
        OpKind.Register => this[instruction.GetOpRegister(operand)],
        OpKind.Memory => *(ulong*)Memory(instruction, RequireQuadword(instruction), write: false),
        _ => instruction.GetImmediate(operand),
    };

    private void Write(in Instruction instruction, ulong value)
    {
        if (instruction.Op0Kind == OpKind.Register)
        {
            this[instruction.Op0Register] = value;
        }
        else
        {
            *(ulong*)Memory(instruction, RequireQuadword(instruction), write: true) = value;
        }
    }

    private static int RequireQuadword(in Instruction instruction) => instruction.MemorySize is MemorySize.UInt64 or MemorySize.Int64
        ? sizeof(ulong)
        : throw new NotSupportedException($"the model has general memory operands of 8 bytes only, found {instruction}");
}
