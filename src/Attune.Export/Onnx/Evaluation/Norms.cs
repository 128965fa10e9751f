namespace Attune.Export.Onnx.Evaluation;

/// <summary>Operators that look at whole rows.</summary>
internal static class Norms
{
    public static OnnxArray Softmax(OperatorCall call) => Rows(call, (row, result) =>
    {
        float largest = row.ToArray().Max();
        double sum = 0;
        for (int i = 0; i < row.Length; i++)
        {
            result[i] = MathF.Exp(row[i] - largest);
            sum += result[i];
        }

        for (int i = 0; i < row.Length; i++)
        {
            result[i] = (float)(result[i] / sum);
        }
    });

    public static OnnxArray LayerNormalization(OperatorCall call)
    {
        float[] scale = call.Floats(1);
        float[]? shift = call.Inputs.Count > 2 ? call.Floats(2) : null;
        float epsilon = call.Single("epsilon", 1e-5f);
        return Rows(call, (row, result) =>
        {
            double mean = 0;
            double variance = 0;
            foreach (float value in row)
            {
                mean += value / (double)row.Length;
            }

            foreach (float value in row)
            {
                variance += (value - mean) * (value - mean) / row.Length;
            }

            double factor = 1 / Math.Sqrt(variance + epsilon);
            for (int i = 0; i < row.Length; i++)
            {
                result[i] = (float)((row[i] - mean) * factor * scale[i]) + (shift?[i] ?? 0);
            }
        });
    }

    private delegate void RowFunction(ReadOnlySpan<float> row, Span<float> result);

    private static OnnxArray<float> Rows(OperatorCall call, RowFunction function)
    {
        if (call.Axis(call.Integer("axis", -1)) != call.Extents(0).Length - 1)
        {
            throw new ArgumentException("expected the last dimension");
        }

        float[] source = call.Floats(0);
        float[] result = new float[source.Length];
        int length = (int)call.Extents(0)[^1];
        for (int at = 0; at < source.Length; at += length)
        {
            function(source.AsSpan(at, length), result.AsSpan(at, length));
        }

        return new OnnxArray<float>(call.Extents(0), result);
    }
}
