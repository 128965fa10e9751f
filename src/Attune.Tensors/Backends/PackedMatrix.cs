namespace Attune.Tensors.Backends;

/// <summary>Which products a packed weight [N, K] = [out, in] serves.</summary>
[Flags]
public enum PackUse
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>y = x W^T: from [M, K] to [M, N].</summary>
    Forward = 1,

    /// <summary>dX = dY W: from [M, N] to [M, K].</summary>
    Backward = 2,
}

/// <summary>A matrix in the layout that a backend's products read fastest. Owned by whoever asked for it.</summary>
public abstract class PackedMatrix : IDisposable
{
    /// <summary>Describes a packed matrix.</summary>
    protected PackedMatrix(int rows, int columns, DType dtype, PackUse use)
    {
        Rows = rows;
        Columns = columns;
        DType = dtype;
        Use = use;
    }

    /// <summary>Rows of the matrix: output features of a weight.</summary>
    public int Rows { get; }

    /// <summary>Columns of the matrix: input features of a weight.</summary>
    public int Columns { get; }

    /// <summary>F32, BF16 or I8: the precision of products.</summary>
    public DType DType { get; }

    /// <summary>The products it serves.</summary>
    public PackUse Use { get; }

    /// <summary>Whether products of many rows round the rows to int8, as <see cref="IBackend.TryPackBlocks"/> was asked.</summary>
    public virtual bool RoundsRows => false;

    /// <summary>Memory that it takes.</summary>
    public abstract long Bytes { get; }

    /// <summary>Bytes that one product reads.</summary>
    public virtual long BytesPerProduct => (long)Rows * Columns * DType.SizeInBytes;

    /// <summary>Writes the matrix back as a contiguous tensor [N, K] of any float type.</summary>
    public abstract void Unpack(Tensor destination);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the memory.</summary>
    protected abstract void Dispose(bool disposing);
}
