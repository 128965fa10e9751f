using Attune.Tensors;

namespace Attune.Kernels.Cpu;

/// <summary>A matrix in memory that somebody else owns.</summary>
public readonly unsafe struct MatrixView
{
    /// <summary>Describes a matrix.</summary>
    /// <param name="data">First element.</param>
    /// <param name="dtype">F32, BF16 or F16.</param>
    /// <param name="rows">Rows, 0 or more.</param>
    /// <param name="columns">Columns, 0 or more.</param>
    /// <param name="rowStride">Elements from a row to the next.</param>
    /// <param name="columnStride">Elements from a column to the next; default 1.</param>
    /// <exception cref="TensorException">Another element type, or a negative size.</exception>
    public MatrixView(void* data, DType dtype, int rows, int columns, long rowStride, long columnStride = 1)
    {
        if (dtype is not (DType.F32 or DType.BF16 or DType.F16) || rows < 0 || columns < 0)
        {
            throw new TensorException($"a matrix operand is F32, BF16 or F16 with sizes of at least 0, found {dtype} [{rows}, {columns}]");
        }

        Data = (byte*)data;
        DType = dtype;
        Rows = rows;
        Columns = columns;
        RowStride = rowStride;
        ColumnStride = columnStride;
    }

    /// <summary>First element.</summary>
    public byte* Data { get; }

    /// <summary>F32, BF16 or F16.</summary>
    public DType DType { get; }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>Elements from a row to the next.</summary>
    public long RowStride { get; }

    /// <summary>Elements from a column to the next.</summary>
    public long ColumnStride { get; }

    /// <summary>Bytes from a row to the next.</summary>
    public nint RowBytes => (nint)(RowStride * DType.SizeInBytes);

    /// <summary>The same memory with rows and columns exchanged.</summary>
    public MatrixView Transposed => new(Data, DType, Columns, Rows, ColumnStride, RowStride);

    /// <summary>Address of an element.</summary>
    public byte* At(long row, long column) => Data + (((row * RowStride) + (column * ColumnStride)) * DType.SizeInBytes);

    /// <summary>Type, sizes and strides, such as <c>BF16 [3, 5] strides (5, 1)</c>.</summary>
    public override string ToString() => $"{DType} [{Rows}, {Columns}] strides ({RowStride}, {ColumnStride})";
}
