using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Iced.Intel;

namespace Attune.Kernels.Tests.Emulation;

/// <summary>A vector that an instruction writes: a register, whose upper part becomes 0, or memory. Lanes that the mask leaves out are not touched, or 0.</summary>
internal readonly struct VectorTarget
{
    private readonly int _register;
    private readonly int _bytes;
    private readonly int _laneBytes;
    private readonly LaneMask _mask;
    private readonly MemoryOperand _memory;

    /// <param name="instruction">The instruction, whose first operand it is.</param>
    /// <param name="laneBytes">Bytes of a lane of the instruction's mask.</param>
    public VectorTarget(in Instruction instruction, int laneBytes = sizeof(uint))
    {
        _laneBytes = laneBytes;
        _mask = new LaneMask(instruction);
        if (instruction.Op0Kind == OpKind.Register)
        {
            EmulationException.Require(instruction.Op0Register.IsVectorRegister(), $"emulation lacks the registers of {instruction}");
            _register = NumberOf(instruction.Op0Register);
            _bytes = instruction.Op0Register.GetSize();
        }
        else
        {
            _register = -1;
            _bytes = instruction.MemorySize.GetSize();
            _memory = new MemoryOperand(instruction);
        }
    }

    /// <summary>Lanes of the instruction's mask.</summary>
    public int Lanes => _bytes / _laneBytes;

    /// <summary>The number of a register by any of its names.</summary>
    public static int NumberOf(Register register) => register.GetFullRegister() - Register.ZMM0;

    /// <summary>The lanes that are computed.</summary>
    public ulong Mask(Processor processor) => _mask.Of(processor, Lanes);

    /// <summary>What a register holds before it is written.</summary>
    public Vector512<uint> Before(Processor processor) => processor.Vectors[_register];

    public void Write(Processor processor, Vector512<uint> value)
    {
        if (_register >= 0)
        {
            processor.Vectors[_register] = _bytes == 64 && _mask.IsNone ? value : Merged(processor, value);
        }
        else
        {
            Store(processor, value);
        }
    }

    private Vector512<uint> Merged(Processor processor, Vector512<uint> value)
    {
        Span<byte> merged = stackalloc byte[64];
        merged.Clear();
        if (!_mask.Zeroes)
        {
            Cut(Before(processor)).CopyTo(merged);
        }

        Span<byte> source = stackalloc byte[64];
        value.AsByte().CopyTo(source);
        foreach ((int first, int count) in LaneMask.Runs(Mask(processor)))
        {
            source.Slice(first * _laneBytes, count * _laneBytes).CopyTo(merged[(first * _laneBytes)..]);
        }

        return Vector512.Create<uint>(MemoryMarshal.Cast<byte, uint>(merged));
    }

    private Vector512<byte> Cut(Vector512<uint> vector) => _bytes switch
    {
        64 => vector.AsByte(),
        32 => vector.GetLower().ToVector512().AsByte(),
        _ => vector.GetLower().GetLower().ToVector256().ToVector512().AsByte(),
    };

    private void Store(Processor processor, Vector512<uint> value)
    {
        Span<byte> source = stackalloc byte[64];
        value.AsByte().CopyTo(source);
        ulong address = _memory.Address(processor);
        foreach ((int first, int count) in LaneMask.Runs(Mask(processor)))
        {
            int offset = first * _laneBytes;
            source.Slice(offset, count * _laneBytes).CopyTo(processor.Bytes(address + (ulong)offset, count * _laneBytes, write: true));
        }
    }
}
