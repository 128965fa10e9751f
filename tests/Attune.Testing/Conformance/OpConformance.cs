using Attune.Tensors;
using Attune.Tensors.Backends;
using Xunit;

namespace Attune.Testing.Conformance;

/// <summary>
/// What every backend must do: each operation, forward and backward, over shapes with extents 0, 1, odd and around the width of vectors, over strided and shared inputs, in F32
/// and BF16, within a bound of the reference backend.
/// </summary>
public static class OpConformance
{
    /// <summary>Central differences of fourth order reach two of these steps to each side.</summary>
    private const double Step = 0.02;

    private const int ContiguousSample = 12;

    private const int StridedSample = 3;

    /// <summary>All cases.</summary>
    public static IReadOnlyList<OpCase> Cases { get; } =
        [.. ElementwiseCases.All, .. ViewCases.All, .. RowCases.All, .. MatrixCases.All, .. AttentionCases.All, .. LossCases.All];

    /// <summary>One row per operation and element type, such as <c>MapOp.Neg F32</c>.</summary>
    public static TheoryData<string> Rows => [.. Operations.SelectMany(name => (string[])[$"{name} F32", $"{name} BF16"])];

    /// <summary>One row per operation that has a gradient.</summary>
    public static TheoryData<string> Differentiable => [.. Cases.Where(item => item is { HasGradient: true, IsSmooth: true }).Select(item => item.Covers).Distinct()];

    private static IEnumerable<string> Operations => Cases.Select(item => item.Covers).Distinct();

    /// <summary>Runs all cases of a row of <see cref="Rows"/> on backends and on the reference and compares results and gradients.</summary>
    public static void Check(string row, params ReadOnlySpan<IBackend> backends)
    {
        string[] parts = row.Split(' ');
        DType dtype = parts[1] == "F32" ? DType.F32 : DType.BF16;
        using var reference = new Device(new ReferenceBackend());
        foreach (OpCase item in Cases.Where(item => item.Covers == parts[0]))
        {
            foreach (OpLayout layout in OpLayout.All)
            {
                string where = $"{item} {parts[1]} {layout.Name}";
                (float[] output, float[]?[] gradients) = Run(reference, item, dtype, layout, where);
                foreach (IBackend backend in backends)
                {
                    using var device = new Device(backend);
                    double tolerance = dtype == DType.F32 ? item.Tolerance : item.BFloat16Tolerance;
                    Check(device, item, dtype, layout, output, gradients, tolerance, $"{where} on {backend.Tier}");
                }
            }
        }
    }

    private static void Check(
        Device device, OpCase item, DType dtype, OpLayout layout, float[] expected, float[]?[] expectedGradients, double tolerance, string where)
    {
        (float[] output, float[]?[] gradients) = Run(device, item, dtype, layout, where);
        Compare(expected, output, tolerance, $"{where}: result");
        for (int i = 0; i < gradients.Length; i++)
        {
            Compare(expectedGradients[i], gradients[i], tolerance, $"{where}: gradient {i}");
        }

        Assert.True(device.LiveBytes == 0, $"{where}: {device.LiveBytes} bytes are still held");
    }

    /// <summary>Compares the gradients of an operation with finite differences, on the reference backend in F32.</summary>
    public static void CheckGradients(string operation)
    {
        using var device = new Device(new ReferenceBackend());
        foreach (OpCase item in Cases.Where(item => item.Covers == operation && item is { HasGradient: true, IsSmooth: true }))
        {
            foreach (OpLayout layout in OpLayout.All.Where(layout => !layout.IsShared))
            {
                var run = new OpRun(device, item, DType.F32, layout);
                (float[] output, float[]?[] gradients) = run.ForwardAndBackward();
                double[] weights = OpRun.Weights([output.Length]);
                for (int i = 0; i < gradients.Length; i++)
                {
                    if (gradients[i] is { } gradient)
                    {
                        int sample = layout == OpLayout.All[0] ? ContiguousSample : StridedSample;
                        CompareWithDifferences(run, weights, run.Values[i], gradient, sample, $"{item} {layout.Name}: gradient {i}");
                    }
                    else
                    {
                        Assert.False(item.Inputs[i] is { WantsGradient: true } && output.Length > 0, $"{item} {layout.Name}: input {i} got no gradient");
                    }
                }

                run.Release();
            }
        }
    }

    private static (float[] Output, float[]?[] Gradients) Run(Device device, OpCase item, DType dtype, OpLayout layout, string where)
    {
        try
        {
            var run = new OpRun(device, item, dtype, layout);
            (float[], float[]?[]) result = run.ForwardAndBackward();
            run.Release();
            return result;
        }
        catch (Exception error) when (error is not Xunit.Sdk.XunitException)
        {
            throw new InvalidOperationException($"{where}: {error.Message}", error);
        }
    }

    private static void Compare(float[]? expected, float[]? actual, double tolerance, string what)
    {
        Assert.True(expected is null == actual is null && expected?.Length == actual?.Length, $"{what}: {actual?.Length} elements, expected {expected?.Length}");
        double allowed = tolerance * (expected ?? []).Where(float.IsFinite).Select(Math.Abs).Append(1).Max();
        for (int i = 0; i < expected?.Length; i++)
        {
            bool equal = expected[i].Equals(actual![i]) || Math.Abs((double)expected[i] - actual[i]) <= allowed;
            Assert.True(equal, $"{what}: element {i} is {actual[i]}, expected {expected[i]}, allowed difference {allowed:g2}");
        }
    }

    private static void CompareWithDifferences(OpRun run, double[] weights, double[] values, float[] gradient, int sample, string what)
    {
        double allowed = 1e-3 * gradient.Select(Math.Abs).Append(1).Max();
        int stride = Math.Max(1, values.Length / sample);
        for (int i = 0; i < values.Length; i += stride)
        {
            double before = values[i];
            double At(double change)
            {
                values[i] = before + change;
                float[] output = run.Forward();
                values[i] = before;
                return output.Zip(weights, (y, weight) => y * weight).Sum();
            }

            double difference = ((8 * (At(Step) - At(-Step))) - (At(2 * Step) - At(-2 * Step))) / (12 * Step);
            Assert.True(Math.Abs(difference - gradient[i]) <= allowed, $"{what}: element {i} is {gradient[i]}, finite differences give {difference}");
        }
    }
}
