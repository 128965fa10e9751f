using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Attune.Tensors.Backends;

namespace Attune.Training.Profiling;

/// <summary>One line of a profile: the calls of one operation on one shape.</summary>
/// <param name="Operation">What was computed.</param>
/// <param name="Size">On what; rows x depth x columns of a product.</param>
/// <param name="Calls">How often.</param>
/// <param name="Seconds">How long all calls took together.</param>
/// <param name="Share">Of the time of the profile, that between the calls included.</param>
/// <param name="Flops">Multiplications and additions of products in them.</param>
/// <param name="Bytes">Bytes of the tensors read and written.</param>
public sealed record OperationLine(string Operation, string Size, int Calls, double Seconds, double Share, double Flops, double Bytes);

/// <summary>Where the time of training steps went.</summary>
public sealed class OperationProfile
{
    private readonly IReadOnlyList<ProfiledCall> _calls;

    /// <summary>Makes a profile of the calls of some steps.</summary>
    /// <param name="calls">The calls in the order in which they ended.</param>
    /// <param name="steps">Number of steps that they belong to.</param>
    /// <param name="seconds">Time that the steps took.</param>
    public OperationProfile(IReadOnlyList<ProfiledCall> calls, int steps, double seconds)
    {
        _calls = calls;
        Steps = steps;
        Seconds = seconds;
        Lines =
        [
            .. calls.GroupBy(call => (call.Operation, call.Shape, call.Columns))
                .Select(group =>
                {
                    double taken = group.Sum(call => call.Seconds);
                    return new OperationLine(
                        group.Key.Operation, SizeOf(group.First()), group.Count(), taken, taken / seconds, group.Sum(call => call.Flops), group.Sum(call => call.Bytes));
                })
                .OrderByDescending(line => line.Seconds),
        ];
    }

    /// <summary>Number of steps.</summary>
    public int Steps { get; }

    /// <summary>Time that the steps took.</summary>
    public double Seconds { get; }

    /// <summary>The operations, those that took longest first.</summary>
    public IReadOnlyList<OperationLine> Lines { get; }

    /// <summary>The profile as a table for people: per step, one line for each operation and shape.</summary>
    public string ToTable()
    {
        var text = new StringBuilder();
        Row(text, "operation", "size", "calls", "ms", "share", "GFLOP", "GFLOP/s", "MB", "GB/s");
        foreach (OperationLine line in Lines)
        {
            Row(
                text, line.Operation, line.Size, Number(line.Calls / (double)Steps, "0.#"), Number(line.Seconds * 1e3 / Steps, "0.00"), Number(line.Share, "0.0%"),
                line.Flops == 0 ? string.Empty : Number(line.Flops / 1e9 / Steps, "0.0"), line.Flops == 0 ? string.Empty : Number(line.Flops / 1e9 / line.Seconds, "0"),
                Number(line.Bytes / 1e6 / Steps, "0.0"), Number(line.Bytes / 1e9 / line.Seconds, "0.0"));
        }

        double inside = Lines.Sum(line => line.Seconds);
        Row(text, "between operations", string.Empty, string.Empty, Number((Seconds - inside) * 1e3 / Steps, "0.00"), Number(1 - (inside / Seconds), "0.0%"), "", "", "", "");
        double flops = Lines.Sum(line => line.Flops);
        double bytes = Lines.Sum(line => line.Bytes);
        Row(
            text, "step", string.Empty, Number(_calls.Count / (double)Steps, "0.#"), Number(Seconds * 1e3 / Steps, "0.00"), Number(1, "0.0%"),
            Number(flops / 1e9 / Steps, "0.0"), Number(flops / 1e9 / Seconds, "0"), Number(bytes / 1e6 / Steps, "0.0"), Number(bytes / 1e9 / Seconds, "0.0"));
        return text.ToString();
    }

    /// <summary>Writes the calls in the Trace Event Format, which the trace viewers of browsers open.</summary>
    public void WriteTrace(Stream stream)
    {
        using var writer = new Utf8JsonWriter(stream);
        writer.WriteStartObject();
        writer.WriteString("displayTimeUnit", "ms");
        writer.WriteStartArray("traceEvents");
        long origin = _calls.Count == 0 ? 0 : _calls.Min(call => call.Start);
        foreach (ProfiledCall call in _calls)
        {
            writer.WriteStartObject();
            writer.WriteString("name", call.Operation);
            writer.WriteString("ph", "X");
            writer.WriteNumber("ts", Microseconds(call.Start - origin));
            writer.WriteNumber("dur", Microseconds(call.End - call.Start));
            writer.WriteNumber("pid", 1);
            writer.WriteNumber("tid", 1);
            writer.WriteStartObject("args");
            writer.WriteString("size", SizeOf(call));
            writer.WriteNumber("flops", call.Flops);
            writer.WriteNumber("bytes", call.Bytes);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static double Microseconds(long ticks) => Math.Round(ticks * 1e6 / Stopwatch.Frequency, 3);

    private static string SizeOf(in ProfiledCall call)
    {
        string size = string.Join('x', call.Shape.ToArray());
        return call.Columns == 0 ? size : $"{size}x{call.Columns}";
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static void Row(StringBuilder text, params ReadOnlySpan<string> cells)
    {
        ReadOnlySpan<int> widths = [-26, -16, 7, 9, 7, 8, 8, 9, 7];
        for (int i = 0; i < cells.Length; i++)
        {
            text.Append(widths[i] < 0 ? cells[i].PadRight(-widths[i]) : cells[i].PadLeft(widths[i]));
        }

        text.AppendLine();
    }
}
