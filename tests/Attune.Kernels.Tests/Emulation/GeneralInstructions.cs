using Iced.Intel;

namespace Attune.Kernels.Tests.Emulation;

/// <summary>Instructions on general registers, jumps, and requests to fetch.</summary>
internal static class GeneralInstructions
{
    public static IEnumerable<KeyValuePair<Mnemonic, Func<Instruction, Action<Processor>>>> Known { get; } = new Dictionary<Mnemonic, Func<Instruction, Action<Processor>>>
    {
        [Mnemonic.Nop] = static _ => static _ => { },
        [Mnemonic.Push] = static instruction => Push(new GeneralOperand(instruction, 0)),
        [Mnemonic.Pop] = static instruction => Pop(new GeneralOperand(instruction, 0)),
        [Mnemonic.Mov] = static instruction => Move(new GeneralOperand(instruction, 0), new GeneralOperand(instruction, 1)),
        [Mnemonic.Lea] = static instruction => LoadAddress(new GeneralOperand(instruction, 0), new MemoryOperand(instruction)),
        [Mnemonic.Add] = static instruction => Binary(instruction, static (a, b) => a + b),
        [Mnemonic.Sub] = static instruction => Binary(instruction, static (a, b) => a - b),
        [Mnemonic.Cmp] = static instruction => Binary(instruction, static (a, b) => a - b, writes: false),
        [Mnemonic.And] = static instruction => Binary(instruction, static (a, b) => a & b),
        [Mnemonic.Xor] = static instruction => Binary(instruction, static (a, b) => a ^ b),
        [Mnemonic.Test] = static instruction => Binary(instruction, static (a, b) => a & b, writes: false),
        [Mnemonic.Inc] = static instruction => Step(new GeneralOperand(instruction, 0), 1),
        [Mnemonic.Dec] = static instruction => Step(new GeneralOperand(instruction, 0), -1),
        [Mnemonic.Imul] = Multiply,
        [Mnemonic.Shl] = static instruction => Shift(instruction, static (value, places) => value << places),
        [Mnemonic.Shr] = static instruction => Shift(instruction, static (value, places) => value >> places),
        [Mnemonic.Bzhi] = KeepLowBits,
        [Mnemonic.Prefetcht0] = static instruction => Fetch(new MemoryOperand(instruction)),
        [Mnemonic.Prefetcht1] = static instruction => Fetch(new MemoryOperand(instruction)),
        [Mnemonic.Prefetchw] = static instruction => Fetch(new MemoryOperand(instruction)),
    };

    /// <summary>When a jump is taken.</summary>
    public static Func<Flags, bool> ConditionOf(in Instruction instruction) => instruction.Mnemonic switch
    {
        Mnemonic.Jmp => static _ => true,
        Mnemonic.Je => static flags => Flags.Defined(flags.Zero),
        Mnemonic.Jne => static flags => !Flags.Defined(flags.Zero),
        Mnemonic.Jl => static flags => Flags.Defined(flags.Less),
        Mnemonic.Jge => static flags => !Flags.Defined(flags.Less),
        Mnemonic.Jle => static flags => Flags.Defined(flags.Zero) || Flags.Defined(flags.Less),
        Mnemonic.Jg => static flags => !Flags.Defined(flags.Zero) && !Flags.Defined(flags.Less),
        _ => throw new EmulationException($"emulation lacks {instruction}"),
    };

    private static Action<Processor> Push(GeneralOperand source) => processor => processor.Push(source.Read(processor));

    private static Action<Processor> Pop(GeneralOperand target) => processor => target.Write(processor, processor.Pop());

    private static Action<Processor> Move(GeneralOperand target, GeneralOperand source) => processor => target.Write(processor, source.Read(processor));

    private static Action<Processor> LoadAddress(GeneralOperand target, MemoryOperand source) => processor => target.Write(processor, source.Address(processor));

    private static Action<Processor> Fetch(MemoryOperand place) => processor => processor.Trace?.Fetch(place.Address(processor));

    private static Action<Processor> Binary(in Instruction instruction, Func<Int128, Int128, Int128> operation, bool writes = true)
    {
        var first = new GeneralOperand(instruction, 0);
        var second = new GeneralOperand(instruction, 1);
        return processor =>
        {
            Int128 result = operation(Signed(first.Read(processor), first.Bytes), Signed(second.Read(processor), first.Bytes));
            processor.Flags = Flags.Of(result, first.Bytes);
            if (writes)
            {
                first.Write(processor, (ulong)result);
            }
        };
    }

    private static Action<Processor> Step(GeneralOperand operand, int by) => processor =>
    {
        Int128 result = Signed(operand.Read(processor), operand.Bytes) + by;
        processor.Flags = Flags.Of(result, operand.Bytes);
        operand.Write(processor, (ulong)result);
    };

    private static Action<Processor> Multiply(Instruction instruction)
    {
        EmulationException.Require(instruction.OpCount > 1, $"emulation lacks {instruction}");
        var target = new GeneralOperand(instruction, 0);
        var first = new GeneralOperand(instruction, instruction.OpCount - 2);
        var second = new GeneralOperand(instruction, instruction.OpCount - 1);
        return processor =>
        {
            target.Write(processor, unchecked(first.Read(processor) * second.Read(processor)));
            processor.Flags = default;
        };
    }

    private static Action<Processor> Shift(in Instruction instruction, Func<ulong, int, ulong> operation)
    {
        var target = new GeneralOperand(instruction, 0);
        int places = instruction.Immediate8;
        EmulationException.Require(instruction.Op1Kind == OpKind.Immediate8 && places > 0 && places < 8 * target.Bytes, $"emulation lacks {instruction}");
        return processor =>
        {
            ulong result = operation(target.Read(processor), places);
            target.Write(processor, result);
            processor.Flags = new Flags { Zero = Flags.Of(result, target.Bytes).Zero };
        };
    }

    private static Action<Processor> KeepLowBits(Instruction instruction)
    {
        var target = new GeneralOperand(instruction, 0);
        var source = new GeneralOperand(instruction, 1);
        var count = new GeneralOperand(instruction, 2);
        return processor =>
        {
            int bits = (byte)count.Read(processor);
            ulong value = source.Read(processor);
            ulong result = bits < 8 * target.Bytes ? value & ((1ul << bits) - 1) : value;
            target.Write(processor, result);
            processor.Flags = Flags.Of(Signed(result, target.Bytes), target.Bytes);
        };
    }

    private static Int128 Signed(ulong value, int bytes) => bytes == sizeof(uint) ? (int)value : (long)value;
}
