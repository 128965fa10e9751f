using Attune.Tensors;

namespace Attune.Kernels.Cpu.MatMul;

/// <summary>Tensors as matrices.</summary>
internal static unsafe class Matrices
{
    /// <summary>A tensor [..., C] whose leading dimensions lie without a step, as a matrix [rows, C].</summary>
    /// <returns>False when it has another element type or layout.</returns>
    public static bool TryView(Tensor tensor, out MatrixView view)
    {
        view = default;
        int rank = tensor.Shape.Rank;
        bool fits = IsOperand(tensor.DType) && (rank == 2 || (rank > 2 && tensor.IsContiguous));
        if (fits)
        {
            long rows = 1;
            for (int d = 0; d < rank - 1; d++)
            {
                rows *= tensor.Shape[d];
            }

            view = new MatrixView(
                CpuStorage.Start(tensor), tensor.DType, checked((int)rows), checked((int)tensor.Shape[-1]), tensor.Strides[-2], tensor.Strides[-1]);
        }

        return fits;
    }

    /// <summary>The destination of an unpacked weight [rows, columns].</summary>
    /// <exception cref="TensorException">It has another size, or no float type.</exception>
    public static MatrixView Unpacked(Tensor destination, int rows, int columns) =>
        destination.Shape == new Shape(rows, columns) && TryView(destination, out MatrixView view)
            ? view
            : throw new TensorException($"unpack: expected a destination [{rows}, {columns}] in F32, BF16 or F16, found {destination}");

    /// <summary>One matrix of a batch.</summary>
    public static MatrixView View(Tensor tensor, long batch)
    {
        long offset = 0;
        for (int d = tensor.Shape.Rank - 3; d >= 0; d--)
        {
            (batch, long place) = Math.DivRem(batch, tensor.Shape[d]);
            offset += place * tensor.Strides[d];
        }

        byte* start = CpuStorage.Start(tensor) + (offset * tensor.DType.SizeInBytes);
        return new MatrixView(
            start, tensor.DType, checked((int)tensor.Shape[-2]), checked((int)tensor.Shape[-1]), tensor.Strides[-2], tensor.Strides[-1]);
    }

    public static bool IsOperand(DType type) => type is DType.F32 or DType.BF16 or DType.F16;

    /// <summary>Whether kernels can write a matrix: columns lie side by side in a type they store.</summary>
    public static bool IsResult(Tensor tensor) =>
        tensor.DType is DType.F32 or DType.BF16 && (tensor.Shape[-1] <= 1 || tensor.Strides[-1] == 1);
}
