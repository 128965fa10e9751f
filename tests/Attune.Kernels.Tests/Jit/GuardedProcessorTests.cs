using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Attune.Kernels.Cpu;
using Attune.Kernels.Jit;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Tests.Jit;

/// <summary>Faults of emitted code that does not end the process. Where the guard fails, it does.</summary>
public sealed unsafe class GuardedProcessorTests
{
    public GuardedProcessorTests() => Assert.SkipUnless(
        OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64, "guards are written for Linux on x64");

    [Fact]
    public void Code_that_does_not_fault_runs_as_always()
    {
        using GuardedProcessor guard = GuardedProcessor.TryCreate()!;
        nint code = Publish(code =>
        {
            code.mov(__qword_ptr[rdi], 42);
            code.ret();
        });
        long result = 0;
        guard.Call(code, &result);
        Assert.Equal(42, result);
        Assert.False(guard.HasFaulted);
    }

    [Theory]
    [InlineData("unknown instruction")]
    [InlineData("address without memory")]
    [InlineData("address that cannot be")]
    [InlineData("division by zero")]
    public void A_fault_is_reported(string kind)
    {
        long result = 0;
        using (GuardedProcessor guard = GuardedProcessor.TryCreate()!)
        {
            guard.Call(Publish(code => Fault(code, kind)), &result);
            Assert.True(guard.HasFaulted);
            guard.Call(Publish(code => code.ret()), &result);
            Assert.True(guard.HasFaulted);
        }

        Assert.Equal(0, result);
        Assert.Throws<NullReferenceException>(() => Length(null));
    }

    [Fact]
    public void Null_references_of_other_threads_stay_exceptions()
    {
        using GuardedProcessor guard = GuardedProcessor.TryCreate()!;
        int caught = 0;
        var thread = new Thread(() =>
        {
            for (int i = 0; i < 200; i++)
            {
                try
                {
                    caught -= Length(null);
                }
                catch (NullReferenceException)
                {
                    caught++;
                }
            }
        });
        thread.Start();
        guard.Call(Publish(code => Fault(code, "unknown instruction")), null);
        thread.Join();
        Assert.Equal(200, caught);
        Assert.True(guard.HasFaulted);
    }

    [Fact]
    public void A_kernel_on_tiles_fails_where_there_are_none()
    {
        Assert.SkipWhen(TileSupport.IsAvailable, "this machine has AMX tiles");
        using GuardedProcessor guard = GuardedProcessor.TryCreate()!;
        var kernels = new TileKernels(guard);
        var thread = new Thread(() =>
        {
            using TileThread? prepared = TileThread.TryPrepare();
            float* sums = stackalloc float[16];
            var arguments = new GemmArguments { C = (byte*)sums, CStride = 64, Tiles = 1 };
            kernels.Invoke(&arguments, rows: 1, panels: 1, GemmKernelFlags.None);
        });
        thread.Start();
        thread.Join();
        Assert.True(guard.HasFaulted);
    }

    [Fact]
    public void Tiles_pass_their_check_where_there_are_some()
    {
        Assert.SkipUnless(TileSupport.IsAvailable, "AMX tiles are not there or not permitted");
        Assert.True(TileSelfCheck.Passes(new TileKernels(TileProcessor.Instance)));
    }

    /// <summary>Loses all registers that a caller wants back, and the stack, before it faults.</summary>
    private static void Fault(Assembler code, string kind)
    {
        foreach (AssemblerRegister64 register in new[] { rbx, rbp, r12, r13, r14, r15 })
        {
            code.xor(register, register);
        }

        code.sub(rsp, 4096);
        switch (kind)
        {
            case "unknown instruction":
                code.ud2();
                break;
            case "address without memory":
                code.mov(rax, __qword_ptr[rbx + 8]);
                break;
            case "address that cannot be":
                code.mov(rax, 1UL << 60);
                code.mov(rax, __qword_ptr[rax]);
                break;
            default:
                code.xor(edx, edx);
                code.mov(eax, 1);
                code.div(ebx);
                break;
        }

        code.mov(__qword_ptr[rdi], 1);
        code.add(rsp, 4096);
        code.ret();
    }

    private static nint Publish(Action<Assembler> emit)
    {
        var code = new Assembler(64);
        emit(code);
        return ExecutableMemory.Instance.Publish(Attune.Kernels.Jit.CallingConvention.Assemble(code));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Length(int[]? nothing) => nothing!.Length;
}
