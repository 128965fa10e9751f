using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Iced.Intel;

namespace Attune.Kernels.Tests.Emulation;

/// <summary>A vector that an instruction reads: a register, memory, or a number in memory for all lanes.</summary>
internal readonly struct VectorSource
{
    private readonly int _register;
    private readonly int _bytes;
    private readonly int _laneBytes;
    private readonly bool _isBroadcast;
    private readonly MemoryOperand _memory;

    /// <param name="instruction">The instruction.</param>
    /// <param name="operand">Number of the operand.</param>
    /// <param name="laneBytes">Bytes of memory that belong to a lane of the instruction's mask.</param>
    public VectorSource(in Instruction instruction, int operand, int laneBytes = sizeof(uint))
    {
        _laneBytes = laneBytes;
        if (instruction.GetOpKind(operand) == OpKind.Register)
        {
            Register register = instruction.GetOpRegister(operand);
            EmulationException.Require(register.IsVectorRegister(), $"emulation lacks the registers of {instruction}");
            _register = VectorTarget.NumberOf(register);
        }
        else
        {
            _register = -1;
            _memory = new MemoryOperand(instruction);
            _isBroadcast = instruction.IsBroadcast;
            _bytes = instruction.MemorySize.GetSize();
            EmulationException.Require(!_isBroadcast || _bytes == sizeof(uint), $"emulation lacks the memory of {instruction}");
        }
    }

    /// <summary>All of it; what is behind a short operand in memory is 0.</summary>
    public Vector512<uint> Read(Processor processor) => Read(processor, ulong.MaxValue);

    /// <summary>Reads the lanes that a mask names. Memory of the others is not touched, and 0.</summary>
    public Vector512<uint> Read(Processor processor, ulong mask)
    {
        if (_register >= 0)
        {
            return processor.Vectors[_register];
        }

        ulong address = _memory.Address(processor);
        if (_isBroadcast)
        {
            return mask == 0 ? default : Vector512.Create(BinaryPrimitives.ReadUInt32LittleEndian(processor.Bytes(address, sizeof(uint), write: false)));
        }

        int lanes = _bytes / _laneBytes;
        mask &= LaneMask.All(lanes);
        if (mask == LaneMask.All(64 / _laneBytes))
        {
            return Vector512.Create<byte>(processor.Bytes(address, 64, write: false)).AsUInt32();
        }

        Span<byte> vector = stackalloc byte[64];
        vector.Clear();
        if (mask == LaneMask.All(lanes))
        {
            processor.Bytes(address, _bytes, write: false).CopyTo(vector);
        }
        else
        {
            foreach ((int first, int count) in LaneMask.Runs(mask))
            {
                int offset = first * _laneBytes;
                processor.Bytes(address + (ulong)offset, count * _laneBytes, write: false).CopyTo(vector[offset..]);
            }
        }

        return Vector512.Create<uint>(MemoryMarshal.Cast<byte, uint>(vector));
    }
}
