using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Attune.Kernels.Tests.Emulation;

/// <summary>AMX tiles as the manual describes them (Intel SDM, volume 2): the configuration is checked, unused rows and columns are zero.</summary>
internal sealed class TileRegisters
{
    /// <summary>Bytes of a configuration.</summary>
    public const int ConfigurationBytes = 64;

    private const int Tiles = 8;
    private const int MaxRows = 16;
    private const int MaxRowBytes = 64;
    private const int ColumnsOffset = 16;
    private const int RowsOffset = 48;

    private readonly byte[][] _data = [.. Enumerable.Range(0, Tiles).Select(static _ => new byte[MaxRows * MaxRowBytes])];
    private readonly int[] _rows = new int[Tiles];
    private readonly int[] _rowBytes = new int[Tiles];
    private readonly Vector512<float>[] _first = new Vector512<float>[MaxRows];
    private readonly Vector512<float>[] _second = new Vector512<float>[MaxRows];
    private bool _isConfigured;

    public bool AreReleased => !_isConfigured;

    public void Release()
    {
        _isConfigured = false;
        Array.Clear(_rows);
        Array.Clear(_rowBytes);
    }

    /// <summary>Takes a configuration of palette 1, and clears all tiles.</summary>
    /// <exception cref="EmulationException">A processor would fault.</exception>
    public void Configure(ReadOnlySpan<byte> configuration)
    {
        Require(configuration[0] == 1, "palette 1");
        Require(configuration[1] == 0, "no start row");
        Require(!configuration[2..ColumnsOffset].ContainsAnyExcept((byte)0), "zeros in reserved bytes");
        Require(
            !configuration[(ColumnsOffset + (Tiles * sizeof(ushort)))..RowsOffset].ContainsAnyExcept((byte)0) && !configuration[(RowsOffset + Tiles)..].ContainsAnyExcept((byte)0), "eight tiles");
        _isConfigured = true;
        for (int tile = 0; tile < Tiles; tile++)
        {
            _rowBytes[tile] = BinaryPrimitives.ReadUInt16LittleEndian(configuration[(ColumnsOffset + (tile * sizeof(ushort)))..]);
            _rows[tile] = configuration[RowsOffset + tile];
            Require(_rows[tile] <= MaxRows && _rowBytes[tile] <= MaxRowBytes && (_rows[tile] == 0) == (_rowBytes[tile] == 0), "sizes that exist");
            Array.Clear(_data[tile]);
        }
    }

    /// <summary>Rows of a tile and bytes of each.</summary>
    public (int Rows, int RowBytes) SizeOf(int tile)
    {
        Require(_isConfigured && _rows[tile] > 0, $"tile {tile} to be configured");
        return (_rows[tile], _rowBytes[tile]);
    }

    /// <summary>A row, as long as rows of this tile are.</summary>
    public Span<byte> Row(int tile, int row) => _data[tile].AsSpan(row * MaxRowBytes, _rowBytes[tile]);

    public void Clear(int tile) => Array.Clear(_data[tile]);

    /// <summary>TDPBF16PS: the sums of first and of second halves of pairs go in chains of their own, are added, and then added to the destination.</summary>
    public void MultiplyPairs(int sums, int left, int right)
    {
        (int rows, int columnBytes) = SizeOf(sums);
        (int leftRows, int leftBytes) = SizeOf(left);
        (int rightRows, int rightBytes) = SizeOf(right);
        Require(sums != left && sums != right && left != right, "three different tiles");
        Require(columnBytes % 4 == 0 && leftBytes % 4 == 0 && rows == leftRows && columnBytes == rightBytes && leftBytes == 4 * rightRows, "tiles of sizes that fit");
        for (int step = 0; step < rightRows; step++)
        {
            Vector512<uint> pairs = Whole(right, step);
            _first[step] = BrainFloat.First(pairs);
            _second[step] = BrainFloat.Second(pairs);
        }

        Span<byte> bytes = stackalloc byte[MaxRowBytes];
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<uint> pairs = MemoryMarshal.Cast<byte, uint>(Row(left, row));
            Vector512<float> first = default;
            Vector512<float> second = default;
            for (int step = 0; step < rightRows; step++)
            {
                Vector512<uint> a = Vector512.Create(pairs[step]);
                first = BrainFloat.MultiplyAdd(BrainFloat.First(a), _first[step], first);
                second = BrainFloat.MultiplyAdd(BrainFloat.Second(a), _second[step], second);
            }

            Vector512<float> sum = BrainFloat.Flush(BrainFloat.Flush(Whole(sums, row).AsSingle()) + BrainFloat.Flush(first + second));
            sum.AsByte().CopyTo(bytes);
            bytes[..columnBytes].CopyTo(Row(sums, row));
        }
    }

    private static void Require(bool condition, string what) => EmulationException.Require(condition, $"faults: a processor expects {what}");

    private Vector512<uint> Whole(int tile, int row) => Vector512.Create<uint>(MemoryMarshal.Cast<byte, uint>(_data[tile].AsSpan(row * MaxRowBytes, MaxRowBytes)));
}
