using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace Attune.Kernels.Tests.Emulation;

/// <summary>Registers of an emulated processor and its way to memory. Registers hold noise at first, so code that reads what it has not written gives wrong results or faults.</summary>
/// <param name="memory">What may be touched beside the stack and a function's argument; null for everything.</param>
internal sealed unsafe class Processor(MemoryMap? memory)
{
    public const int Rsp = 4;
    private const uint Noise = 0x7FC5_5A5A;

    private ulong _stackStart;
    private ulong _stackEnd;
    private MemoryRegion _argument = new("the argument", 0, 0, Writable: true);
    private MemoryRegion _constants = new("constants", 0, 0, Writable: false);

    /// <summary>rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 to r15.</summary>
    public ulong[] General { get; } = [.. Enumerable.Range(0, 16).Select(static i => 0xBAD0_0000_0000_0000 + ((ulong)i << 32))];

    /// <summary>zmm0 to zmm31.</summary>
    public Vector512<uint>[] Vectors { get; } = [.. Enumerable.Repeat(Vector512.Create(Noise), 32)];

    /// <summary>k0 to k7.</summary>
    public ulong[] Masks { get; } = [.. Enumerable.Repeat(0xA5A5_5A5A_A5A5_5A5A, 8)];

    public TileRegisters Tiles { get; } = new();

    public Flags Flags { get; set; }

    /// <summary>Receives what is fetched; null where nobody wants to know.</summary>
    public AccessTrace? Trace { get; init; }

    /// <summary>Executes a function of one pointer until it returns, and checks that it leaves the processor as callers expect it.</summary>
    /// <returns>Instructions executed.</returns>
    /// <exception cref="EmulationException">It does what a processor would not take or a kernel must not do.</exception>
    public long Run<T>(MachineCode code, T* argument)
        where T : unmanaged
    {
        const int StackBytes = 16 << 10;
        const ulong ReturnAddress = 0x5AFE_C0DE;
        byte* stack = stackalloc byte[StackBytes];
        new Span<byte>(stack, StackBytes).Fill(0x5A);
        _stackStart = (ulong)stack;
        _stackEnd = (_stackStart + StackBytes) & ~15ul;
        General[Rsp] = _stackEnd;
        _argument = new MemoryRegion("the argument", (ulong)argument, (ulong)argument + (ulong)sizeof(T), Writable: true);
        Push(ReturnAddress);
        _constants = code.Constants;
        CallerState caller = CallerState.Of(this, argument);
        long count = code.Execute(this);
        EmulationException.Require(General[Rsp] == _stackEnd - sizeof(ulong) && Pop() == ReturnAddress, "returns with another stack pointer or return address than it was called with");
        caller.Check(this);
        return count;
    }

    public void Push(ulong value)
    {
        General[Rsp] -= sizeof(ulong);
        Write(General[Rsp], value, sizeof(ulong));
    }

    public ulong Pop()
    {
        ulong value = Read(General[Rsp], sizeof(ulong));
        General[Rsp] += sizeof(ulong);
        return value;
    }

    /// <summary>A number of up to 8 bytes.</summary>
    public ulong Read(ulong address, int bytes)
    {
        Span<byte> value = stackalloc byte[sizeof(ulong)];
        value.Clear();
        Bytes(address, bytes, write: false).CopyTo(value);
        return BinaryPrimitives.ReadUInt64LittleEndian(value);
    }

    public void Write(ulong address, ulong value, int bytes)
    {
        Span<byte> source = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(source, value);
        source[..bytes].CopyTo(Bytes(address, bytes, write: true));
    }

    /// <summary>Memory that code touches.</summary>
    /// <exception cref="EmulationException">It may not.</exception>
    public Span<byte> Bytes(ulong address, int bytes, bool write)
    {
        if (address - _stackStart < _stackEnd - _stackStart)
        {
            EmulationException.Require(
                address >= General[Rsp] && address + (ulong)bytes <= _stackEnd, $"touches the stack {(long)(address - General[Rsp])} bytes from its end, where signals or callers write");
        }
        else if (!_argument.Holds(address, bytes) && (write || !_constants.Holds(address, bytes)))
        {
            memory?.Check(address, bytes, write);
            Trace?.Touch(address, bytes, write);
        }

        return new Span<byte>((void*)address, bytes);
    }
}
