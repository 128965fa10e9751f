namespace Attune.Kernels.Cpu.Attention;

/// <summary>What the passes of the gradient know of the keys of one sequence and key-value head.</summary>
internal readonly unsafe ref struct GradientItemMemory
{
    public GradientItemMemory(in AttentionProblem problem, int keys, byte* start)
    {
        var scratch = new ScratchLayout(start);

        // An odd number of cache lines: rows would else share the same few places of the first-level cache.
        KeyStride = problem.Products.RowBytes(keys) | 64;
        KeysTransposed = scratch.Take(problem.K.Size * KeyStride);
        GradientStride = (problem.K.Size + 15) & ~15;
        ValueGradientStride = (problem.V.Size + 15) & ~15;
        Gradient = scratch.TakeFloats((long)keys * GradientStride);
        ValueGradient = scratch.TakeFloats((long)keys * ValueGradientStride);
        Bytes = scratch.Bytes;
    }

    /// <summary>K^T, as the left operand of K^T dS^T.</summary>
    public byte* KeysTransposed { get; }

    /// <summary>Bytes from a row of K^T to the next.</summary>
    public nint KeyStride { get; }

    /// <summary>dK so far.</summary>
    public float* Gradient { get; }

    public int GradientStride { get; }

    /// <summary>dV so far.</summary>
    public float* ValueGradient { get; }

    public int ValueGradientStride { get; }

    public long Bytes { get; }
}
