using System.Runtime.InteropServices;
using Attune.Kernels.Cpu;
using Attune.Tensors;

namespace Attune.Kernels.Tests.Cpu;

/// <summary>A matrix in native memory with strides, filled with random numbers of [-1, 1) or with a guard pattern.</summary>
internal sealed unsafe class TestMatrix : IDisposable
{
    private readonly byte* _memory;
    private readonly long _bytes;

    public TestMatrix(DType dtype, int rows, int columns, bool transposed = false, int padding = 0, int columnStride = 1)
    {
        int outer = transposed ? columns : rows;
        int inner = transposed ? rows : columns;
        long stride = (inner * (long)columnStride) + padding;
        _bytes = ((outer * stride) + 1) * dtype.SizeInBytes;
        _memory = (byte*)NativeMemory.Alloc((nuint)_bytes);
        new Span<byte>(_memory, (int)_bytes).Fill(0x5A);
        View = transposed
            ? new MatrixView(_memory, dtype, rows, columns, columnStride, stride)
            : new MatrixView(_memory, dtype, rows, columns, stride, columnStride);
    }

    public MatrixView View { get; }

    public ReadOnlySpan<byte> Bytes => new(_memory, (int)_bytes);

    public float this[int row, int column]
    {
        get => View.DType switch
        {
            DType.F32 => *(float*)View.At(row, column),
            DType.BF16 => BFloat16.ToSingle(*(ushort*)View.At(row, column)),
            _ => (float)*(Half*)View.At(row, column),
        };
        set
        {
            switch (View.DType)
            {
                case DType.F32:
                    *(float*)View.At(row, column) = value;
                    break;
                case DType.BF16:
                    *(ushort*)View.At(row, column) = BFloat16.FromSingle(value);
                    break;
                default:
                    *(Half*)View.At(row, column) = (Half)value;
                    break;
            }
        }
    }

    /// <summary>Whether nobody wrote between the rows or behind the last one (rows side by side only).</summary>
    public bool IsGuardIntact()
    {
        int rowBytes = View.Columns * View.DType.SizeInBytes;
        for (int row = 0; row < View.Rows; row++)
        {
            byte* end = View.At(row, 0) + rowBytes;
            if (new Span<byte>(end, (int)(View.RowBytes - rowBytes)).ContainsAnyExcept((byte)0x5A))
            {
                return false;
            }
        }

        return !Bytes[(View.Rows * (int)View.RowBytes)..].ContainsAnyExcept((byte)0x5A);
    }

    public TestMatrix Randomise(Random random)
    {
        for (int row = 0; row < View.Rows; row++)
        {
            for (int column = 0; column < View.Columns; column++)
            {
                this[row, column] = (random.NextSingle() * 2) - 1;
            }
        }

        return this;
    }

    public void Dispose() => NativeMemory.Free(_memory);
}
