using Attune.Kernels.Jit;
using Iced.Intel;

namespace Attune.Kernels.Tests.Emulation;

/// <summary>A kernel that is emulated and, where the machine has its instructions, executed as well: both have to leave the same bits.</summary>
/// <typeparam name="T">The kernel's argument.</typeparam>
internal sealed unsafe class EmulatedFunction<T>
    where T : unmanaged
{
    private readonly MachineCode _code;
    private readonly delegate* unmanaged<T*, void> _real;

    /// <param name="emit">Writes the kernel.</param>
    /// <param name="isAvailable">Whether the machine has its instructions, and these leave no bits open.</param>
    public EmulatedFunction(Action<Assembler> emit, bool isAvailable)
    {
        _code = MachineCode.Emitted(emit);
        if (isAvailable)
        {
            var code = new Assembler(64);
            emit(code);
            _real = (delegate* unmanaged<T*, void>)ExecutableMemory.Instance.Publish(CallingConvention.Assemble(code));
        }
    }

    /// <summary>Runs the kernel.</summary>
    /// <param name="argument">Its argument, which it may change.</param>
    /// <param name="memory">What it may touch beside that.</param>
    public void Run(T* argument, MemoryMap memory)
    {
        T before = *argument;
        byte[] untouched = _real is null ? [] : memory.ReadWritable();
        new Processor(memory).Run(_code, argument);
        if (_real is null)
        {
            return;
        }

        byte[] emulated = memory.ReadWritable();
        T emulatedArgument = *argument;
        memory.WriteWritable(untouched);
        *argument = before;
        _real(argument);
        int different = emulated.AsSpan().CommonPrefixLength(memory.ReadWritable());
        Assert.True(different == emulated.Length, $"emulation gives other bits than the machine {memory.PlaceOfWritable(different)}");
        Assert.True(new Span<byte>(argument, sizeof(T)).SequenceEqual(new Span<byte>(&emulatedArgument, sizeof(T))), "emulation gives other bits than the machine in the argument");
    }
}
