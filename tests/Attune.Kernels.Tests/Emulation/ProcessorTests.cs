using Attune.Kernels.Jit;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Tests.Emulation;

/// <summary>What the emulated processor does not let pass.</summary>
public sealed unsafe class ProcessorTests
{
    private delegate void Change(Span<byte> configuration);

    public ProcessorTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "functions of another calling convention");

    [Fact]
    public void Code_that_keeps_to_the_rules_runs() => Assert.Equal(21, Run(20, static code => code.inc(__qword_ptr[r11])));

    public static TheoryData<string, string> Faults => new()
    {
        { "reads behind its argument", "reads 8 bytes outside of its operands" },
        { "writes below the stack pointer", "touches the stack -8 bytes from its end" },
        { "writes to the caller's stack", "writes 8 bytes outside of its operands" },
        { "changes a saved register", "does not restore general register 12" },
        { "leaves the stack unbalanced", "returns with another stack pointer" },
        { "leaves upper halves", "does not clear the upper halves of vectors" },
        { "looks at undefined flags", "looks at a flag that is undefined" },
        { "has another instruction", "emulation lacks" },
        { "uses tiles without a configuration", "tile 0 to be configured" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Code_that_breaks_a_rule_fails(string what, string message)
    {
        Action<Assembler> emit = what switch
        {
            "reads behind its argument" => static code => code.mov(rax, __qword_ptr[r11 + 4]),
            "writes below the stack pointer" => static code => code.mov(__qword_ptr[rsp - 8], rax),
            "writes to the caller's stack" => static code => code.mov(__qword_ptr[rsp + 32], rax),
            "changes a saved register" => static code => code.mov(r12, 1),
            "leaves the stack unbalanced" => static code => code.push(rax),
            "leaves upper halves" => ReturnAtOnce,
            "looks at undefined flags" => JumpBehindMultiplication,
            "has another instruction" => static code => code.vsqrtps(zmm0, zmm0),
            _ => static code => code.tilezero(tmm0),
        };
        Assert.Contains(message, Assert.Throws<EmulationException>(() => Run(1, emit)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Configurations_that_a_processor_refuses_fail()
    {
        TileConfiguration whole = TileConfiguration.Whole;
        var good = new Span<byte>(&whole, TileRegisters.ConfigurationBytes);
        new TileRegisters().Configure(good);
        foreach (Change change in (Change[])[
            static bytes => bytes[0] = 2, static bytes => bytes[1] = 1, static bytes => bytes[9] = 1, static bytes => bytes[33] = 1, static bytes => bytes[56] = 1,
            static bytes => bytes[16] = 65, static bytes => bytes[17] = 1, static bytes => bytes[48] = 17, static bytes => bytes[48] = 0])
        {
            byte[] bad = good.ToArray();
            change(bad);
            Assert.Throws<EmulationException>(() => new TileRegisters().Configure(bad));
        }
    }

    [Fact]
    public void Tiles_that_do_not_fit_each_other_are_not_multiplied()
    {
        TileConfiguration product = TileConfiguration.ForProduct(rows: 20, panels: 2);
        var tiles = new TileRegisters();
        tiles.Configure(new Span<byte>(&product, TileRegisters.ConfigurationBytes));
        tiles.MultiplyPairs(0, 4, 6);
        tiles.MultiplyPairs(3, 5, 7);
        Assert.Throws<EmulationException>(() => tiles.MultiplyPairs(2, 4, 6));
        Assert.Throws<EmulationException>(() => tiles.MultiplyPairs(0, 0, 6));
        Assert.Throws<EmulationException>(() => tiles.MultiplyPairs(0, 4, 4));
    }

    private static void ReturnAtOnce(Assembler code)
    {
        code.pop(rbp);
        code.pop(rbx);
        code.ret();
    }

    private static void JumpBehindMultiplication(Assembler code)
    {
        Label here = code.CreateLabel();
        code.imul(rax, rax, 3);
        code.jz(here);
        code.Label(ref here);
        code.nop();
    }

    /// <summary>What a function leaves of its argument.</summary>
    private static long Run(long argument, Action<Assembler> emit)
    {
        MachineCode code = MachineCode.Emitted(code =>
        {
            CallingConvention.Enter(code);
            emit(code);
            CallingConvention.Leave(code);
        });
        new Processor(new MemoryMap()).Run(code, &argument);
        return argument;
    }
}
