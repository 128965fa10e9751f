using Iced.Intel;

namespace Attune.Kernels.Tests.Emulation;

/// <summary>A general register of 4 or 8 bytes, as many bytes of memory, or a constant.</summary>
internal readonly struct GeneralOperand
{
    private readonly OpKind _kind;
    private readonly int _register;
    private readonly ulong _constant;
    private readonly MemoryOperand _memory;

    public GeneralOperand(in Instruction instruction, int operand)
    {
        _kind = instruction.GetOpKind(operand);
        switch (_kind)
        {
            case OpKind.Register:
                Register register = instruction.GetOpRegister(operand);
                EmulationException.Require(register.IsGPR64() || register.IsGPR32(), $"emulation lacks the registers of {instruction}");
                Bytes = register.GetSize();
                _register = register.GetFullRegister() - Register.RAX;
                break;
            case OpKind.Memory:
                Bytes = instruction.MemorySize.GetSize();
                EmulationException.Require(Bytes is sizeof(uint) or sizeof(ulong), $"emulation lacks the memory of {instruction}");
                _memory = new MemoryOperand(instruction);
                break;
            default:
                Bytes = sizeof(ulong);
                _constant = instruction.GetImmediate(operand);
                break;
        }
    }

    /// <summary>Its size.</summary>
    public int Bytes { get; }

    public ulong Read(Processor processor) => _kind switch
    {
        OpKind.Register => Bytes == sizeof(uint) ? (uint)processor.General[_register] : processor.General[_register],
        OpKind.Memory => processor.Read(_memory.Address(processor), Bytes),
        _ => _constant,
    };

    /// <summary>The upper half of a register becomes 0 when the lower one is written.</summary>
    public void Write(Processor processor, ulong value)
    {
        if (_kind == OpKind.Register)
        {
            processor.General[_register] = Bytes == sizeof(uint) ? (uint)value : value;
        }
        else
        {
            processor.Write(_memory.Address(processor), value, Bytes);
        }
    }
}
