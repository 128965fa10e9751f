using Iced.Intel;

namespace Attune.Kernels.Jit;

/// <summary>Emitted kernels by number, each made when it is first asked for and kept for the rest of the process's life.</summary>
/// <param name="count">Numbers that there are.</param>
/// <param name="load">Makes code runnable; null for this process's own memory.</param>
internal sealed class KernelCache(int count, Func<byte[], nint>? load = null)
{
    private readonly nint[] _codes = new nint[count];
    private readonly Lock _emission = new();

    /// <summary>Where a kernel's code begins.</summary>
    /// <param name="number">The kernel's number.</param>
    /// <param name="kernel">What is emitted.</param>
    /// <param name="emit">Writes the kernel's code; static, so that asking allocates nothing.</param>
    public nint Get<T>(int number, T kernel, Action<Assembler, T> emit)
    {
        nint code = Volatile.Read(ref _codes[number]);
        return code != 0 ? code : Emit(number, kernel, emit);
    }

    private nint Emit<T>(int number, T kernel, Action<Assembler, T> emit)
    {
        lock (_emission)
        {
            if (_codes[number] == 0)
            {
                var code = new Assembler(64);
                emit(code, kernel);
                byte[] bytes = CallingConvention.Assemble(code);
                Volatile.Write(ref _codes[number], load is null ? ExecutableMemory.Instance.Publish(bytes) : load(bytes));
            }

            return _codes[number];
        }
    }
}
