using Attune.Tensors;

namespace Attune.Nn;

/// <summary>Parts of matrices as views that are not recorded.</summary>
internal static class MatrixViews
{
    extension(Tensor matrix)
    {
        /// <summary>The transposed matrix.</summary>
        public Tensor TransposedView() =>
            matrix.Device.View(matrix, [matrix.Shape[1], matrix.Shape[0]], Shape.FromStrides([matrix.Strides[1], matrix.Strides[0]]), matrix.Offset);

        /// <summary>Some rows.</summary>
        public Tensor RowsView(long first, long count) =>
            matrix.Device.View(matrix, [count, matrix.Shape[1]], matrix.Strides, matrix.Offset + (first * matrix.Strides[0]));

        /// <summary>Some columns.</summary>
        public Tensor ColumnsView(long first, long count) =>
            matrix.Device.View(matrix, [matrix.Shape[0], count], matrix.Strides, matrix.Offset + (first * matrix.Strides[1]));

        /// <summary>The matrix in an element type: itself, or a copy in the current scope.</summary>
        public Tensor InType(DType dtype)
        {
            if (matrix.DType == dtype)
            {
                return matrix;
            }

            Tensor converted = matrix.Device.Empty(matrix.Shape, dtype);
            matrix.Device.Backend.Copy(matrix, converted);
            return converted;
        }
    }
}
