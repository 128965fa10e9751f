using Attune.Kernels.Jit;
using Iced.Intel;

namespace Attune.Kernels.Tests.Emulation;

/// <summary>A function's machine code, decoded once: every instruction that can be reached has become a delegate that executes it.</summary>
internal sealed unsafe class MachineCode
{
    private readonly Step[] _steps;
    private readonly ulong _origin;

    /// <summary>Decodes a function.</summary>
    /// <exception cref="EmulationException">There is an instruction that emulation lacks.</exception>
    public MachineCode(byte[] code)
    {
        // Where it does not move: its constants are read as any memory.
        Bytes = GC.AllocateUninitializedArray<byte>(code.Length, pinned: true);
        code.CopyTo(Bytes, 0);
        fixed (byte* start = Bytes)
        {
            _origin = (ulong)start;
        }

        SortedList<ulong, Instruction> instructions = Reachable();
        _steps = [.. instructions.Values.Select(instruction => Step.Of(instruction, instructions))];
        Constants = new MemoryRegion("the kernel's constants", instructions.Values[^1].NextIP, _origin + (ulong)code.Length, Writable: false);
    }

    /// <summary>What lies behind the last instruction.</summary>
    public MemoryRegion Constants { get; }

    private byte[] Bytes { get; }

    /// <summary>Emits a function and decodes it.</summary>
    public static MachineCode Emitted(Action<Assembler> emit)
    {
        var code = new Assembler(64);
        emit(code);
        return new MachineCode(CallingConvention.Assemble(code));
    }

    /// <summary>Executes the function until it returns.</summary>
    /// <returns>Instructions executed.</returns>
    public long Execute(Processor processor)
    {
        int next = 0;
        try
        {
            for (long count = 1; ; count++)
            {
                Step step = _steps[next++];
                if (step.Execute is not null)
                {
                    step.Execute(processor);
                }
                else if (step.Condition is null)
                {
                    return count;
                }
                else if (step.Condition(processor.Flags))
                {
                    next = step.Target;
                }
            }
        }
        catch (EmulationException exception)
        {
            Instruction instruction = _steps[next - 1].Instruction;
            throw new EmulationException($"{instruction} at {instruction.IP - _origin:x} {exception.Message}", exception);
        }
    }

    /// <summary>The instructions that lie one after the other until no jump leads further.</summary>
    private SortedList<ulong, Instruction> Reachable()
    {
        var instructions = new SortedList<ulong, Instruction>();
        var decoder = Decoder.Create(64, Bytes, _origin);
        ulong furthest = _origin;
        bool ends = false;
        while (!ends || decoder.IP <= furthest)
        {
            Instruction instruction = decoder.Decode();
            EmulationException.Require(!instruction.IsInvalid, $"has no instruction at {instruction.IP - _origin:x}");
            instructions.Add(instruction.IP, instruction);
            ends = instruction.FlowControl is FlowControl.Return or FlowControl.UnconditionalBranch;
            furthest = instruction.FlowControl is FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch ? Math.Max(furthest, instruction.NearBranchTarget) : furthest;
        }

        return instructions;
    }

    /// <summary>An instruction: what it does, or, of a jump, when it is taken and where to; neither for a return.</summary>
    private sealed record Step(Instruction Instruction, Action<Processor>? Execute, Func<Flags, bool>? Condition, int Target)
    {
        public static Step Of(in Instruction instruction, SortedList<ulong, Instruction> all)
        {
            switch (instruction.FlowControl)
            {
                case FlowControl.Next:
                    return new Step(instruction, Instructions.Of(instruction), Condition: null, Target: 0);
                case FlowControl.Return:
                    return new Step(instruction, Execute: null, Condition: null, Target: 0);
                case FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch when all.ContainsKey(instruction.NearBranchTarget):
                    return new Step(instruction, Execute: null, GeneralInstructions.ConditionOf(instruction), all.IndexOfKey(instruction.NearBranchTarget));
                default:
                    throw new EmulationException($"emulation lacks {instruction}");
            }
        }
    }
}
