using System.Runtime.InteropServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Jit;

/// <summary>
/// Runs tile kernels on this processor so that a fault in one, such as an instruction that the processor or the system does not take, makes the call fail instead of ending the
/// process. For self-checks, on Linux x64; one at a time in a process.
/// </summary>
/// <remarks>
/// While it exists, the process's handlers of SIGILL, SIGBUS, SIGFPE and SIGSEGV are emitted code: a signal on the thread of the guarded call continues behind that call, any
/// other is handed to the handler that was there before, so null references of other threads stay exceptions. A thread is known by the word at fs:0, which the C library
/// keeps its own address in.
/// </remarks>
internal sealed unsafe partial class GuardedProcessor : ITileProcessor, IDisposable
{
    // Of ucontext_t: where the thread goes on after the signal.
    private const int InstructionPointerOffset = 168;
    private const nint DefaultAction = 0;
    private const nint IgnoreSignal = 1;

    // SIGILL, SIGBUS, SIGFPE, SIGSEGV.
    private static readonly int[] Signals = [4, 7, 8, 11];
    private static readonly AssemblerRegister64[] Saved = [rbx, rbp, r12, r13, r14, r15];
    private static readonly Lock Turn = new();

    // Never freed: a handler on another thread may still be reading it when the guard ends.
    private readonly State* _state = (State*)NativeMemory.AllocZeroed((nuint)sizeof(State));
    private readonly SignalAction[] _previous = new SignalAction[Signals.Length];
    private readonly delegate* unmanaged<State*, int> _call;
    private int _installed;

    private GuardedProcessor()
    {
        _call = (delegate* unmanaged<State*, int>)Publish(EmitCall);
        _state->Recovery = Publish(EmitRecovery);
    }

    /// <summary>Whether a call faulted.</summary>
    public bool HasFaulted { get; private set; }

    /// <summary>Replaces the handlers, after other guards have ended; null where there are none to replace. To be disposed of on the same thread.</summary>
    public static GuardedProcessor? TryCreate()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return null;
        }

        Turn.Enter();
        var guard = new GuardedProcessor();
        if (guard.Install())
        {
            return guard;
        }

        guard.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public nint Load(byte[] code) => ExecutableMemory.Instance.Publish(code);

    /// <summary>Executes a kernel, unless there was a fault before.</summary>
    /// <exception cref="InvalidOperationException">The thread is none of a worker pool's own.</exception>
    public void Run(nint code, TileArguments* arguments)
    {
        TileProcessor.RequirePreparedThread();
        Call(code, arguments);
    }

    /// <summary>Calls emitted code of one argument, unless there was a fault before.</summary>
    public void Call(nint code, void* argument)
    {
        if (!HasFaulted)
        {
            _state->Code = code;
            _state->Argument = (nint)argument;
            HasFaulted = _call(_state) == 0;
        }
    }

    /// <summary>Puts the handlers back.</summary>
    public void Dispose()
    {
        for (int i = 0; i < _installed; i++)
        {
            fixed (SignalAction* previous = &_previous[i])
            {
                _ = SetAction(Signals[i], previous, null);
            }
        }

        _installed = 0;
        Turn.Exit();
    }

    private static nint Publish(Action<Assembler> emit)
    {
        var code = new Assembler(64);
        emit(code);
        return ExecutableMemory.Instance.Publish(CallingConvention.Assemble(code));
    }

    private static AssemblerMemoryOperand Field(AssemblerRegister64 state, string field) => __qword_ptr[state + (int)Marshal.OffsetOf<State>(field)];

    private bool Install()
    {
        for (int i = 0; i < Signals.Length; i++)
        {
            SignalAction action;
            if (SetAction(Signals[i], null, &action) != 0 || action.Handler is DefaultAction or IgnoreSignal)
            {
                return false;
            }

            _previous[i] = action;
            nint before = action.Handler;
            action.Handler = Publish(code => EmitHandler(code, before));
            if (SetAction(Signals[i], &action, null) != 0)
            {
                return false;
            }

            _installed++;
        }

        return true;
    }

    /// <summary>A function of the state: 1 when the code returns.</summary>
    private static void EmitCall(Assembler code)
    {
        foreach (AssemblerRegister64 register in Saved)
        {
            code.push(register);
        }

        // The stack is aligned for the call.
        code.sub(rsp, sizeof(long));
        code.mov(rbx, rdi);
        code.mov(Field(rbx, nameof(State.Stack)), rsp);
        code.mov(rax, __qword_ptr.fs[0]);
        code.mov(Field(rbx, nameof(State.Thread)), rax);
        code.mov(rdi, Field(rbx, nameof(State.Argument)));
        code.call(Field(rbx, nameof(State.Code)));
        code.mov(eax, 1);
        EmitReturn(code);
    }

    /// <summary>Where a thread goes on after a fault: behind the call, with 0.</summary>
    private void EmitRecovery(Assembler code)
    {
        code.mov(rbx, (ulong)_state);
        code.mov(rsp, Field(rbx, nameof(State.Stack)));
        code.vzeroupper();
        code.xor(eax, eax);
        EmitReturn(code);
    }

    private static void EmitReturn(Assembler code)
    {
        code.mov(Field(rbx, nameof(State.Thread)), 0);
        code.add(rsp, sizeof(long));
        for (int i = Saved.Length - 1; i >= 0; i--)
        {
            code.pop(Saved[i]);
        }

        code.ret();
    }

    /// <summary>A signal handler (signal in rdi, its description in rsi, the thread's registers in rdx).</summary>
    private void EmitHandler(Assembler code, nint before)
    {
        Label other = code.CreateLabel();
        code.mov(rax, (ulong)_state);
        code.mov(rcx, __qword_ptr.fs[0]);
        code.cmp(rcx, Field(rax, nameof(State.Thread)));
        code.jne(other);
        code.mov(rcx, Field(rax, nameof(State.Recovery)));
        code.mov(__qword_ptr[rdx + InstructionPointerOffset], rcx);
        code.ret();
        code.Label(ref other);
        code.mov(rax, (ulong)before);
        code.jmp(rax);
    }

    [LibraryImport("libc", EntryPoint = "sigaction")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetAction(int signal, SignalAction* action, SignalAction* previous);

    /// <summary>What the emitted code reads and writes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct State
    {
        public nint Code;
        public nint Argument;
        public nint Stack;
        public nint Thread;
        public nint Recovery;
    }

    /// <summary><c>struct sigaction</c> of Linux's C libraries on 64-bit processors.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct SignalAction
    {
        public nint Handler;
        public fixed byte Mask[128];
        public int Flags;
        public nint Restorer;
    }
}
