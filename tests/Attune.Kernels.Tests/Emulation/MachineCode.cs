using Attune.Kernels.Jit;
using Iced.Intel;

namespace Attune.Kernels.Tests.Emulation;

/// <summary>A function's machine code, decoded once: every instruction has become a delegate that executes it.</summary>
internal sealed class MachineCode
{
    private const ulong Origin = 0x10000;
    private readonly Step[] _steps;

    /// <summary>Decodes a function.</summary>
    /// <exception cref="EmulationException">There is an instruction that emulation lacks.</exception>
    public MachineCode(byte[] code)
    {
        var instructions = new List<Instruction>();
        var places = new Dictionary<ulong, int>();
        var decoder = Decoder.Create(64, code, Origin);
        while (decoder.IP < Origin + (ulong)code.Length)
        {
            places.Add(decoder.IP, instructions.Count);
            instructions.Add(decoder.Decode());
        }

        _steps = [.. instructions.Select(instruction => Step.Of(instruction, places))];
    }

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
            throw new EmulationException($"{instruction} at {instruction.IP - Origin:x} {exception.Message}", exception);
        }
    }

    /// <summary>An instruction: what it does, or, of a jump, when it is taken and where to; neither for a return.</summary>
    private sealed record Step(Instruction Instruction, Action<Processor>? Execute, Func<Flags, bool>? Condition, int Target)
    {
        public static Step Of(in Instruction instruction, Dictionary<ulong, int> places)
        {
            switch (instruction.FlowControl)
            {
                case FlowControl.Next:
                    return new Step(instruction, Instructions.Of(instruction), Condition: null, Target: 0);
                case FlowControl.Return:
                    return new Step(instruction, Execute: null, Condition: null, Target: 0);
                case FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch when places.TryGetValue(instruction.NearBranchTarget, out int target):
                    return new Step(instruction, Execute: null, GeneralInstructions.ConditionOf(instruction), target);
                default:
                    throw new EmulationException($"emulation lacks {instruction}");
            }
        }
    }
}
