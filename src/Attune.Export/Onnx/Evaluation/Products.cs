using System.Numerics.Tensors;

namespace Attune.Export.Onnx.Evaluation;

/// <summary>Products of matrices.</summary>
internal static class Products
{
    /// <summary>A B or A B^T for matrices.</summary>
    public static OnnxArray Gemm(OperatorCall call)
    {
        if (call.Inputs.Count != 2 || call.Single("alpha", 1) != 1 || call.Integer("transA", 0) != 0)
        {
            throw new ArgumentException("expected two matrices, the second one possibly turned");
        }

        bool turned = call.Integer("transB", 0) != 0;
        (int rows, int inner) = ((int)call.Extents(0)[0], (int)call.Extents(0)[1]);
        int columns = (int)call.Extents(1)[turned ? 0 : 1];
        float[] right = turned ? call.Floats(1) : Turned(call.Floats(1), 0, inner, columns);
        return new OnnxArray<float>([rows, columns], Multiply(call.Floats(0), 0, right, rows, inner, columns, new float[rows * columns], 0));
    }

    /// <summary>Products of the last two dimensions; the others broadcast.</summary>
    public static OnnxArray MatMul(OperatorCall call)
    {
        long[] a = call.Extents(0);
        long[] b = call.Extents(1);
        (int rows, int inner, int columns) = ((int)a[^2], (int)a[^1], (int)b[^1]);
        if (b[^2] != inner)
        {
            throw new ArgumentException($"the extents [{string.Join(", ", a)}] and [{string.Join(", ", b)}] do not fit");
        }

        long[] batch = Places.Broadcast(a[..^2], b[..^2]);
        int[] left = Places.Of(batch, Places.Strides(a[..^2], batch));
        int[] right = Places.Of(batch, Places.Strides(b[..^2], batch));
        var result = new float[left.Length * rows * columns];
        for (int i = 0; i < left.Length; i++)
        {
            float[] turned = Turned(call.Floats(1), right[i] * inner * columns, inner, columns);
            Multiply(call.Floats(0), left[i] * rows * inner, turned, rows, inner, columns, result, i * rows * columns);
        }

        return new OnnxArray<float>([.. batch, rows, columns], result);
    }

    private static float[] Multiply(float[] left, int offset, float[] turnedRight, int rows, int inner, int columns, float[] result, int place)
    {
        Parallel.For(0, columns, column =>
        {
            ReadOnlySpan<float> weights = turnedRight.AsSpan(column * inner, inner);
            for (int row = 0; row < rows; row++)
            {
                result[place + (row * columns) + column] = TensorPrimitives.Dot(left.AsSpan(offset + (row * inner), inner), weights);
            }
        });
        return result;
    }

    private static float[] Turned(float[] values, int offset, int rows, int columns)
    {
        var turned = new float[rows * columns];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                turned[(column * rows) + row] = values[offset + (row * columns) + column];
            }
        }

        return turned;
    }
}
