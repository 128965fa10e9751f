using System.Text.Json;
using Attune.Formats;
using Attune.Tensors;
using Xunit;

namespace Attune.Testing;

/// <summary>Comparison of arrays with reference values.</summary>
public static class GoldenArrays
{
    /// <summary>Demands that every difference is at most <paramref name="tolerance"/>.</summary>
    public static void Close(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance, string what)
    {
        Assert.True(expected.Length == actual.Length, $"{what}: expected {expected.Length} values, found {actual.Length}");
        double worst = 0;
        int at = -1;
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = Math.Abs((double)expected[i] - actual[i]);
            if (!(difference <= worst))
            {
                (worst, at) = (difference, i);
            }
        }

        Assert.True(worst <= tolerance, at < 0 ? what : $"{what}: element {at} is {actual[at]:g9}, expected {expected[at]:g9}: off by {worst:g3}, allowed are {tolerance:g3}");
    }

    /// <summary>The largest absolute value; 0 for none.</summary>
    public static double LargestAbsolute(ReadOnlySpan<float> values)
    {
        double largest = 0;
        foreach (float value in values)
        {
            largest = Math.Max(largest, Math.Abs((double)value));
        }

        return largest;
    }

    /// <summary>An I64 tensor as ints.</summary>
    public static int[] ReadInts(this ITensorSource source, string name) => [.. source.ReadAs<long>(name).Select(value => checked((int)value))];

    /// <summary>A JSON file, open until it is disposed.</summary>
    public static JsonDocument Json(string path) => JsonDocument.Parse(File.ReadAllBytes(path));

    /// <summary>A JSON list of numbers.</summary>
    public static double[] Doubles(this JsonElement element) => [.. element.EnumerateArray().Select(entry => entry.GetDouble())];

    /// <summary>A JSON list of integers.</summary>
    public static int[] Ints(this JsonElement element) => [.. element.EnumerateArray().Select(entry => entry.GetInt32())];

    /// <summary>Which dtype a tensor of a file has; for messages.</summary>
    public static DType TypeOf(this ITensorSource source, string name) => source.Info(name).DType;
}
