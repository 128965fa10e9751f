using Attune.Tensors;
using Iced.Intel;

namespace Attune.Kernels.Tests.Jit.Model;

/// <summary>The AVX-512 instructions of the epilogue, on vectors of 16 numbers and masks.</summary>
internal sealed unsafe class VectorRegisters(TileProgram program)
{
    private const int Lanes = 16;
    private readonly uint[][] _vectors = [.. Enumerable.Range(0, 32).Select(_ => new uint[Lanes])];
    private readonly uint[] _masks = new uint[8];

    /// <summary>Whether code with older instructions, which see registers 0 to 15, will not be slowed down.</summary>
    public bool AreUppersZero => _vectors[..16].All(vector => vector[4..].All(lane => lane == 0));

    public bool TryExecute(in Instruction instruction)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Kmovw:
                _masks[instruction.Op0Register - Register.K0] = *(ushort*)program.Memory(instruction, sizeof(ushort), write: false);
                return true;
            case Mnemonic.Vzeroupper:
                Array.ForEach(_vectors[..16], vector => vector.AsSpan(4).Clear());
                return true;
            case Mnemonic.Vmovups when instruction.Op0Kind == OpKind.Memory:
                Store(instruction, sizeof(uint));
                return true;
            case Mnemonic.Vmovups:
                Load(instruction, sizeof(uint));
                return true;
            case Mnemonic.Vpmovzxwd:
                Load(instruction, sizeof(ushort));
                return true;
            case Mnemonic.Vmovdqu16:
                Store(instruction, sizeof(ushort));
                return true;
            case Mnemonic.Vbroadcastss:
                Array.Fill(Vector(instruction.Op0Register), *(uint*)program.Memory(instruction, sizeof(uint), write: false));
                return true;
            case Mnemonic.Vcvtneps2bf16:
                Round(instruction);
                return true;
            case Mnemonic.Vpslld:
                int places = instruction.Immediate8;
                uint[] shifted = [.. Vector(instruction.Op1Register).Select(lane => lane << places)];
                shifted.CopyTo(Vector(instruction.Op0Register), 0);
                return true;
            case Mnemonic.Vaddps:
                ForEachLane(instruction, (_, left, right) => left + right);
                return true;
            case Mnemonic.Vmulps:
                ForEachLane(instruction, (_, left, right) => left * right);
                return true;
            case Mnemonic.Vfmadd213ps:
                ForEachLane(instruction, (target, factor, addend) => MathF.FusedMultiplyAdd(factor, target, addend));
                return true;
            default:
                return false;
        }
    }

    /// <summary>A vector by its 512-bit or 256-bit name.</summary>
    private uint[] Vector(Register register) => _vectors[register.IsYMM() ? register - Register.YMM0 : register - Register.ZMM0];

    private uint Mask(in Instruction instruction) => instruction.HasOpMask ? _masks[instruction.OpMask - Register.K0] : ushort.MaxValue;

    /// <summary>Loads 16 elements; those that the mask leaves out are not touched and become 0.</summary>
    private void Load(in Instruction instruction, int elementBytes)
    {
        Assert.True(!instruction.HasOpMask || instruction.ZeroingMasking);
        uint[] target = Vector(instruction.Op0Register);
        uint mask = Mask(instruction);
        int used = UsedElements(mask);
        byte* source = program.Memory(instruction, used * elementBytes, write: false);
        for (int lane = 0; lane < Lanes; lane++)
        {
            target[lane] = lane >= used ? 0 : elementBytes == sizeof(ushort) ? ((ushort*)source)[lane] : ((uint*)source)[lane];
        }
    }

    private void Store(in Instruction instruction, int elementBytes)
    {
        uint[] source = Vector(instruction.Op1Register);
        Assert.Equal(elementBytes == sizeof(ushort), instruction.Op1Register.IsYMM());
        int bytes = UsedElements(Mask(instruction)) * elementBytes;
        byte* target = program.Memory(instruction, bytes, write: true);
        fixed (uint* start = source)
        {
            new ReadOnlySpan<byte>(start, bytes).CopyTo(new Span<byte>(target, bytes));
        }
    }

    /// <summary>Masks here name elements from the first on, without gaps.</summary>
    private static int UsedElements(uint mask)
    {
        int count = System.Numerics.BitOperations.PopCount(mask);
        Assert.Equal((1u << count) - 1, mask);
        return count;
    }

    private void Round(in Instruction instruction)
    {
        uint[] source = [.. Vector(instruction.Op1Register)];
        uint[] target = Vector(instruction.Op0Register);
        Array.Clear(target);
        for (int lane = 0; lane < Lanes; lane++)
        {
            float value = BitConverter.UInt32BitsToSingle(source[lane]);
            uint bits = BFloat16.FromSingle(float.IsSubnormal(value) ? MathF.CopySign(0, value) : value);
            target[lane / 2] |= bits << (lane % 2 * 16);
        }
    }

    private void ForEachLane(in Instruction instruction, Func<float, float, float, float> operation)
    {
        Assert.False(instruction.HasOpMask);
        uint[] target = Vector(instruction.Op0Register);
        uint[] first = Vector(instruction.Op1Register);
        uint[] second = Vector(instruction.Op2Register);
        for (int lane = 0; lane < Lanes; lane++)
        {
            float result = operation(
                BitConverter.UInt32BitsToSingle(target[lane]), BitConverter.UInt32BitsToSingle(first[lane]), BitConverter.UInt32BitsToSingle(second[lane]));
            target[lane] = BitConverter.SingleToUInt32Bits(result);
        }
    }
}
