namespace Attune.Tensors.Backends;

/// <summary>One call of a backend as <see cref="ProfilingBackend"/> saw it.</summary>
/// <param name="Operation">What was called, such as <c>rms norm gradient</c>.</param>
/// <param name="Shape">Shape of what it worked on; of a product [rows, depth].</param>
/// <param name="Columns">Columns of a product's result; 0 of other operations.</param>
/// <param name="Flops">Multiplications and additions of the products in it; 0 of operations that have none.</param>
/// <param name="Bytes">Bytes of the tensors that it read and wrote, each counted once.</param>
/// <param name="Start">When it began, in ticks of <see cref="System.Diagnostics.Stopwatch"/>.</param>
/// <param name="End">When it ended.</param>
public readonly record struct ProfiledCall(string Operation, Shape Shape, long Columns, double Flops, double Bytes, long Start, long End)
{
    /// <summary>How long it took.</summary>
    public double Seconds => (End - Start) / (double)System.Diagnostics.Stopwatch.Frequency;
}
