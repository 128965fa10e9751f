using System.Runtime.InteropServices;
using Attune.Tensors;
using Iced.Intel;

namespace Attune.Kernels.Tests.Jit.Model;

/// <summary>AMX tiles as the manual describes them (Intel SDM, volume 2): the configuration is checked, unused rows are zero, numbers below the normal range count as zero.</summary>
internal sealed unsafe class TileRegisters(TileProgram program)
{
    private const int Tiles = 8;
    private const int MaxRows = 16;
    private const int MaxRowBytes = 64;
    private const int RowNumbers = MaxRowBytes / sizeof(ushort);
    private const int TileBytes = MaxRows * MaxRowBytes;

    private readonly byte[][] _data = [.. Enumerable.Range(0, Tiles).Select(_ => new byte[TileBytes])];
    private readonly int[] _rows = new int[Tiles];
    private readonly int[] _rowBytes = new int[Tiles];

    public bool AreReleased => _rows.All(rows => rows == 0);

    public bool TryExecute(in Instruction instruction)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Ldtilecfg:
                Configure(new ReadOnlySpan<byte>(program.Memory(instruction, 64, write: false), 64));
                return true;
            case Mnemonic.Tilerelease:
                Configure(new byte[64]);
                return true;
            case Mnemonic.Tilezero:
                Array.Clear(_data[Configured(instruction.Op0Register)]);
                return true;
            case Mnemonic.Tileloadd:
                Load(instruction);
                return true;
            case Mnemonic.Tilestored:
                Store(instruction);
                return true;
            case Mnemonic.Tdpbf16ps:
                Multiply(Configured(instruction.Op0Register), Configured(instruction.Op1Register), Configured(instruction.Op2Register));
                return true;
            default:
                return false;
        }
    }

    private static float Flush(float value) => float.IsSubnormal(value) ? MathF.CopySign(0, value) : value;

    private void Configure(ReadOnlySpan<byte> configuration)
    {
        bool released = !configuration.ContainsAnyExcept((byte)0);
        Require(released || configuration[0] == 1, "palette 1");
        Require(!configuration[1..16].ContainsAnyExcept((byte)0), "no start row and zeros in reserved bytes");
        Require(!configuration[32..48].ContainsAnyExcept((byte)0) && !configuration[56..].ContainsAnyExcept((byte)0), "eight tiles");
        for (int tile = 0; tile < Tiles; tile++)
        {
            _rowBytes[tile] = BitConverter.ToUInt16(configuration[(16 + (2 * tile))..]);
            _rows[tile] = configuration[48 + tile];
            Require(_rows[tile] <= MaxRows && _rowBytes[tile] <= MaxRowBytes && (_rows[tile] == 0) == (_rowBytes[tile] == 0), "sizes that exist");
            Array.Clear(_data[tile]);
        }
    }

    private int Configured(Register register)
    {
        int tile = register - Register.TMM0;
        Require(_rows[tile] > 0, $"tile {tile} configured");
        return tile;
    }

    private void Load(in Instruction instruction)
    {
        int tile = Configured(instruction.Op0Register);
        Array.Clear(_data[tile]);
        for (int row = 0; row < _rows[tile]; row++)
        {
            byte* source = program.At(RowAddress(instruction, row), _rowBytes[tile], write: false);
            new ReadOnlySpan<byte>(source, _rowBytes[tile]).CopyTo(_data[tile].AsSpan(row * MaxRowBytes));
        }
    }

    private void Store(in Instruction instruction)
    {
        int tile = Configured(instruction.Op1Register);
        for (int row = 0; row < _rows[tile]; row++)
        {
            byte* target = program.At(RowAddress(instruction, row), _rowBytes[tile], write: true);
            _data[tile].AsSpan(row * MaxRowBytes, _rowBytes[tile]).CopyTo(new Span<byte>(target, _rowBytes[tile]));
        }
    }

    private ulong RowAddress(in Instruction instruction, int row) =>
        program.Base(instruction) + (program[instruction.MemoryIndex] * (ulong)instruction.MemoryIndexScale * (ulong)row);

    /// <summary>Sums of first and of second halves of pairs in chains of their own, added, then added to the destination.</summary>
    private void Multiply(int sums, int left, int right)
    {
        Require(sums != left && sums != right && left != right, "three different tiles");
        Require(_rows[sums] == _rows[left] && _rowBytes[sums] == _rowBytes[right] && _rowBytes[left] == 4 * _rows[right], "sizes that fit");
        float[] a = Widen(_data[left]);
        float[] b = Widen(_data[right]);
        Span<float> c = MemoryMarshal.Cast<byte, float>(_data[sums].AsSpan());
        for (int row = 0; row < _rows[sums]; row++)
        {
            for (int column = 0; column < _rowBytes[sums] / 4; column++)
            {
                float first = 0;
                float second = 0;
                for (int pair = 0; pair < _rows[right]; pair++)
                {
                    int i = (row * RowNumbers) + (2 * pair);
                    int j = (pair * RowNumbers) + (2 * column);
                    first = Flush(MathF.FusedMultiplyAdd(a[i], b[j], first));
                    second = Flush(MathF.FusedMultiplyAdd(a[i + 1], b[j + 1], second));
                }

                ref float sum = ref c[(row * RowNumbers / 2) + column];
                sum = Flush(Flush(sum) + Flush(first + second));
            }
        }
    }

    private static float[] Widen(byte[] tile)
    {
        ReadOnlySpan<ushort> numbers = MemoryMarshal.Cast<byte, ushort>(tile.AsSpan());
        float[] wide = new float[numbers.Length];
        for (int i = 0; i < wide.Length; i++)
        {
            wide[i] = Flush(BFloat16.ToSingle(numbers[i]));
        }

        return wide;
    }

    private static void Require(bool condition, string what)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"the processor would fault: expected {what}");
        }
    }
}
