using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Jit;

/// <summary>Writes how 64 unsigned bytes become 64 numbers of bf16, exactly, for processors with AVX-512 VBMI.</summary>
/// <remarks>
/// The two bytes of bf16 are looked up apart, by the lower seven bits of a code. Codes from 128 on need no table: bf16 has as many bits of fraction, so the upper byte is that of 128 and the lower one the
/// seven bits themselves. That takes nine instructions, of which a kernel makes two operands of VDPBF16PS; two nibbles of a byte, each under the bits of a power of two, take seven, but make four.
/// k2 is lost, k3 is kept by the emitter.
/// </remarks>
internal sealed class ByteWideningEmitter
{
    /// <summary>Registers that hold constants.</summary>
    public const int Constants = 5;

    private const int TableBytes = 64;

    private static readonly byte[] UpperBytesOf128 = [.. Enumerable.Repeat((byte)0x43, TableBytes)];

    private static readonly byte[] Tables =
    [
        .. Enumerable.Range(0, 2 * TableBytes).Select(code => (byte)Bits(code)),
        .. Enumerable.Range(0, 2 * TableBytes).Select(code => (byte)(Bits(code) >> 8)),
    ];

    private readonly Assembler _code;
    private readonly int _first;
    private Label _tables;
    private Label _upperBytesOf128;

    /// <summary>Prepares the code; its tables are still to be written behind it.</summary>
    /// <param name="code">Where the instructions go.</param>
    /// <param name="firstConstant">Number of the first vector register of <see cref="Constants"/>.</param>
    public ByteWideningEmitter(Assembler code, int firstConstant)
    {
        _code = code;
        _first = firstConstant;
        _tables = code.CreateLabel();
        _upperBytesOf128 = code.CreateLabel();
    }

    private AssemblerRegisterZMM Sign => Constant(4);

    /// <summary>Loads the constants; rax is lost.</summary>
    public void LoadConstants()
    {
        _code.lea(rax, __[_tables]);
        for (int i = 0; i < 4; i++)
        {
            _code.vmovdqu64(Constant(i), __[rax + (i * TableBytes)]);
        }

        _code.mov(eax, 0x80);
        _code.vpbroadcastb(Sign, eax);
        _code.mov(rax, 0x5555_5555_5555_5555);
        _code.kmovq(k3, rax);
    }

    /// <summary>Widens the bytes of <paramref name="codes"/>: bytes 0 and 2 of each lane go there, 1 and 3 to <paramref name="odd"/>.</summary>
    /// <param name="codes">The codes; receives the first pairs.</param>
    /// <param name="odd">Receives the second pairs.</param>
    /// <param name="upper">Is lost.</param>
    public void Emit(AssemblerRegisterZMM codes, AssemblerRegisterZMM odd, AssemblerRegisterZMM upper)
    {
        AssemblerRegisterZMM lower = odd;
        _code.vpmovb2m(k2, codes);
        _code.vmovdqa64(lower, codes);
        _code.vpermi2b(lower, Constant(0), Constant(1));
        _code.vpsubb(lower.k2, codes, Sign);
        _code.vmovdqa64(upper, codes);
        _code.vpermi2b(upper, Constant(2), Constant(3));
        _code.vmovdqu8(upper.k2, __[_upperBytesOf128]);
        _code.vpsllw(codes, upper, 8);
        _code.vmovdqu8(codes.k3, lower);
        _code.vpsrlw(lower, lower, 8);
        _code.vpblendmb(odd.k3, upper, lower);
    }

    /// <summary>Writes the tables, behind the last instruction.</summary>
    public void EmitTables()
    {
        _code.Label(ref _tables);
        _code.db(Tables);
        _code.Label(ref _upperBytesOf128);
        _code.db(UpperBytesOf128);
    }

    /// <summary>The bits of a whole number that bf16 holds exactly.</summary>
    private static int Bits(int number) => BitConverter.SingleToInt32Bits(number) >>> 16;

    private AssemblerRegisterZMM Constant(int index) => Avx512VectorEmitter.Zmm[_first + index];
}
