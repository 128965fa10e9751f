namespace Attune.Kernels.Cpu.Attention;

/// <summary>What the passes of the gradient know of a block of queries; row m is query m / group, head m % group.</summary>
internal readonly unsafe ref struct GradientBlockMemory
{
    public GradientBlockMemory(in AttentionProblem problem, in GradientBlock block, byte* chunk)
    {
        var scratch = new ScratchLayout(chunk == null ? null : chunk + block.Offset);
        TileProduct products = problem.Products;
        Rows = block.Count * problem.Group;
        Width = PanelLayout.PanelsOf(Rows) * PanelLayout.PanelRows;
        Queries = products.Take(ref scratch, Rows, problem.Q.Size);
        QueriesTransposed = products.Take(ref scratch, problem.Q.Size, Rows);
        Upstream = products.Take(ref scratch, Rows, problem.V.Size);
        UpstreamTransposed = products.Take(ref scratch, problem.V.Size, Rows);

        // An even number of keys, because they are written two at a time.
        ScoreGradients = products.Take(ref scratch, Rows, (block.EndKey - block.FirstKey + 1) & ~1);
        First = scratch.TakeFloats(2 * Width);
        End = First + Width;
        Position = scratch.TakeFloats(Width);
        Slope = scratch.TakeFloats(Width);
        Shift = scratch.TakeFloats(3 * Width);
        Inverse = Shift + Width;
        Delta = Inverse + Width;
        Bytes = scratch.Bytes;
    }

    public int Rows { get; }

    /// <summary>Rows in whole panels.</summary>
    public int Width { get; }

    /// <summary>Q, as the right operand of K Q^T.</summary>
    public Panels Queries { get; }

    /// <summary>Q^T, as the right operand of dS^T Q.</summary>
    public Panels QueriesTransposed { get; }

    /// <summary>dY, as the right operand of V dY^T.</summary>
    public Panels Upstream { get; }

    /// <summary>dY^T, as the right operand of P^T dY.</summary>
    public Panels UpstreamTransposed { get; }

    /// <summary>dS, as the right operand of K^T dS^T, from the block's first key on.</summary>
    public Panels ScoreGradients { get; }

    /// <summary>First key that a row sees; 0 where there is no row.</summary>
    public float* First { get; }

    /// <summary>Behind <see cref="First"/>: end of the keys that a row sees; 0 for one that sees none, and where there is no row.</summary>
    public float* End { get; }

    public float* Position { get; }

    /// <summary>ALiBi slope.</summary>
    public float* Slope { get; }

    /// <summary>The largest score, negated.</summary>
    public float* Shift { get; }

    /// <summary>Behind <see cref="Shift"/>: 1 / sum(e^(score - largest)); 0 where there is no row, so that nothing weighs there.</summary>
    public float* Inverse { get; }

    /// <summary>Behind <see cref="Inverse"/>: sum(dY y).</summary>
    public float* Delta { get; }

    public long Bytes { get; }
}
