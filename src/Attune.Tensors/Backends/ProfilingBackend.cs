using System.Diagnostics;

namespace Attune.Tensors.Backends;

/// <summary>Passes every call on to another backend and notes how long it took, what it computed and how many bytes it touched.</summary>
/// <remarks>Calls that the inner backend declines are not noted: what is done instead shows as the calls that do it.</remarks>
public sealed class ProfilingBackend(IBackend inner) : IBackend
{
    private readonly List<ProfiledCall> _calls = [];

    /// <summary>The calls since the last <see cref="Clear"/>, in the order in which they ended.</summary>
    public IReadOnlyList<ProfiledCall> Calls => _calls;

    /// <summary>Whether calls are only passed on.</summary>
    public bool IsPaused { get; set; }

    /// <inheritdoc/>
    public string Tier => inner.Tier;

    /// <summary>Forgets the calls noted so far.</summary>
    public void Clear() => _calls.Clear();

    /// <inheritdoc/>
    public Storage Allocate(long bytes) => inner.Allocate(bytes);

    /// <inheritdoc/>
    public void Free(Storage storage) => inner.Free(storage);

    /// <inheritdoc/>
    public void Write(Storage storage, long byteOffset, ReadOnlySpan<byte> source) => inner.Write(storage, byteOffset, source);

    /// <inheritdoc/>
    public void Read(Storage storage, long byteOffset, Span<byte> destination) => inner.Read(storage, byteOffset, destination);

    /// <inheritdoc/>
    public void Fill(Tensor destination, double value)
    {
        using Timer timer = Start("fill", destination.Shape, Bytes(destination));
        inner.Fill(destination, value);
    }

    /// <inheritdoc/>
    public void Copy(Tensor source, Tensor destination)
    {
        using Timer timer = Start("copy", destination.Shape, Bytes(source) + Bytes(destination));
        inner.Copy(source, destination);
    }

    /// <inheritdoc/>
    public void Axpy(double alpha, Tensor source, double beta, Tensor destination)
    {
        using Timer timer = Start("axpy", destination.Shape, Bytes(source) + Updated(destination, beta != 0));
        inner.Axpy(alpha, source, beta, destination);
    }

    /// <inheritdoc/>
    public void Map(MapKind kind, Tensor source, Tensor destination, double parameter)
    {
        using Timer timer = Start("map", destination.Shape, Bytes(source) + Bytes(destination));
        inner.Map(kind, source, destination, parameter);
    }

    /// <inheritdoc/>
    public void MapGradient(MapKind kind, Tensor source, Tensor upstream, Tensor destination, double parameter, bool accumulate)
    {
        using Timer timer = Start("map gradient", destination.Shape, Bytes(source) + Bytes(upstream) + Updated(destination, accumulate));
        inner.MapGradient(kind, source, upstream, destination, parameter, accumulate);
    }

    /// <inheritdoc/>
    public void Zip(ZipKind kind, Tensor left, Tensor right, Tensor destination)
    {
        using Timer timer = Start("zip", destination.Shape, Bytes(left) + Bytes(right) + Bytes(destination));
        inner.Zip(kind, left, right, destination);
    }

    /// <inheritdoc/>
    public void Select(Tensor condition, Tensor left, Tensor right, Tensor destination)
    {
        using Timer timer = Start("select", destination.Shape, Bytes(condition) + Bytes(left) + Bytes(right) + Bytes(destination));
        inner.Select(condition, left, right, destination);
    }

    /// <inheritdoc/>
    public void Reduce(ReduceKind kind, Tensor source, Tensor destination)
    {
        using Timer timer = Start("reduce", source.Shape, Bytes(source) + Bytes(destination));
        inner.Reduce(kind, source, destination);
    }

    /// <inheritdoc/>
    public void ArgMax(Tensor source, Tensor destination)
    {
        using Timer timer = Start("argmax", source.Shape, Bytes(source) + Bytes(destination));
        inner.ArgMax(source, destination);
    }

    /// <inheritdoc/>
    public void MatMul(Tensor left, Tensor right, Tensor destination, double alpha, bool accumulate)
    {
        long depth = left.Shape[-1];
        using Timer timer = Start(
            "product", destination.Shape.With(destination.Shape.Rank - 1, depth), Bytes(left) + Bytes(right) + Updated(destination, accumulate), 2.0 * destination.Count * depth, destination.Shape[-1]);
        inner.MatMul(left, right, destination, alpha, accumulate);
    }

    /// <inheritdoc/>
    public void GatherRows(Tensor source, Tensor indices, Tensor destination)
    {
        using Timer timer = Start("gather", destination.Shape, 2 * Bytes(destination));
        inner.GatherRows(source, indices, destination);
    }

    /// <inheritdoc/>
    public void ScatterAddRows(Tensor source, Tensor indices, Tensor destination)
    {
        using Timer timer = Start("scatter add", source.Shape, 3 * Bytes(source));
        inner.ScatterAddRows(source, indices, destination);
    }

    /// <inheritdoc/>
    public void Dropout(Tensor source, Tensor destination, double probability, RandomState random, bool accumulate)
    {
        using Timer timer = Start("dropout", source.Shape, Bytes(source) + Updated(destination, accumulate));
        inner.Dropout(source, destination, probability, random, accumulate);
    }

    /// <inheritdoc/>
    public PackedMatrix? TryPack(Tensor matrix, DType dtype, PackUse use, PackedMatrix? reuse)
    {
        Timer timer = Start("pack", matrix.Shape, Bytes(matrix));
        PackedMatrix? packed = inner.TryPack(matrix, dtype, use, reuse);
        timer.End(packed is not null);
        return packed;
    }

    /// <inheritdoc/>
    public PackedMatrix? TryPackBlocks(IBlockMatrix matrix, DType dtype, bool roundsRows = false)
    {
        Timer timer = Start("pack blocks", [matrix.Rows, matrix.Columns], 0);
        PackedMatrix? packed = inner.TryPackBlocks(matrix, dtype, roundsRows);
        timer.End(packed is not null);
        return packed;
    }

    /// <inheritdoc/>
    public bool TryMatMulPacked(
        Tensor x, PackedMatrix weight, PackUse direction, Tensor destination, Tensor? bias, double alpha, bool accumulate, LowRankTerm? term = null, Tensor? residual = null)
    {
        double added = (term is { } read ? Bytes(read.Left) + Bytes(read.Right) : 0) + (residual is null ? 0 : Bytes(residual));
        double bytes = Bytes(x) + weight.BytesPerProduct + Updated(destination, accumulate) + added;
        double flops = 2.0 * destination.Shape[-1] * (x.Count + (term?.Left.Count ?? 0));
        Timer timer = Start(NameOf(direction, term is not null), x.Shape, bytes, flops, destination.Shape[-1]);
        return timer.End(inner.TryMatMulPacked(x, weight, direction, destination, bias, alpha, accumulate, term, residual));
    }

    /// <inheritdoc/>
    /// <remarks>Noted with the columns of all products together.</remarks>
    public bool TryMatMulPacked(Tensor x, ReadOnlySpan<PackedProduct> products)
    {
        double bytes = Bytes(x);
        long columns = 0;
        foreach (ref readonly PackedProduct product in products)
        {
            bytes += product.Weight.BytesPerProduct + Bytes(product.Destination);
            columns += product.Destination.Shape[-1];
        }

        Timer timer = Start(NameOf(PackUse.Forward, hasTerm: false), x.Shape, bytes, 2.0 * columns * x.Count, columns);
        return timer.End(inner.TryMatMulPacked(x, products));
    }

    /// <inheritdoc/>
    public bool TryPutRows(Tensor source, Tensor indices, Tensor destination)
    {
        Timer timer = Start("put rows", source.Shape, 2 * Bytes(source));
        return timer.End(inner.TryPutRows(source, indices, destination));
    }

    /// <inheritdoc/>
    public bool TrySoftmax(Tensor source, Tensor destination)
    {
        Timer timer = Start("softmax", source.Shape, Bytes(source) + Bytes(destination));
        return timer.End(inner.TrySoftmax(source, destination));
    }

    /// <inheritdoc/>
    public bool TrySoftmaxGradient(Tensor y, Tensor upstream, Tensor destination, bool accumulate)
    {
        Timer timer = Start("softmax gradient", y.Shape, Bytes(y) + Bytes(upstream) + Updated(destination, accumulate));
        return timer.End(inner.TrySoftmaxGradient(y, upstream, destination, accumulate));
    }

    /// <inheritdoc/>
    public bool TryRmsNorm(Tensor x, Tensor weight, double epsilon, double offset, Tensor y, Tensor rstd)
    {
        Timer timer = Start("rms norm", x.Shape, Bytes(x) + Bytes(y));
        return timer.End(inner.TryRmsNorm(x, weight, epsilon, offset, y, rstd));
    }

    /// <inheritdoc/>
    public bool TryRmsNormGradient(
        Tensor x, Tensor weight, double offset, Tensor rstd, Tensor upstream, Tensor? dX, bool accumulateX, Tensor? dWeight, bool accumulateWeight)
    {
        Timer timer = Start("rms norm gradient", x.Shape, Bytes(x) + Bytes(upstream) + Updated(dX, accumulateX));
        return timer.End(inner.TryRmsNormGradient(x, weight, offset, rstd, upstream, dX, accumulateX, dWeight, accumulateWeight));
    }

    /// <inheritdoc/>
    public bool TryLayerNorm(Tensor x, Tensor? weight, Tensor? bias, double epsilon, Tensor y, Tensor statistics)
    {
        Timer timer = Start("layer norm", x.Shape, Bytes(x) + Bytes(y));
        return timer.End(inner.TryLayerNorm(x, weight, bias, epsilon, y, statistics));
    }

    /// <inheritdoc/>
    public bool TryLayerNormGradient(
        Tensor x, Tensor? weight, Tensor statistics, Tensor upstream,
        Tensor? dX, bool accumulateX, Tensor? dWeight, bool accumulateWeight, Tensor? dBias, bool accumulateBias)
    {
        Timer timer = Start("layer norm gradient", x.Shape, Bytes(x) + Bytes(upstream) + Updated(dX, accumulateX));
        return timer.End(inner.TryLayerNormGradient(x, weight, statistics, upstream, dX, accumulateX, dWeight, accumulateWeight, dBias, accumulateBias));
    }

    /// <inheritdoc/>
    public bool TryRope(Tensor x, Tensor cos, Tensor sin, Tensor positions, bool interleaved, bool inverse, Tensor destination, bool accumulate)
    {
        Timer timer = Start("rotary", x.Shape, Bytes(x) + Updated(destination, accumulate));
        return timer.End(inner.TryRope(x, cos, sin, positions, interleaved, inverse, destination, accumulate));
    }

    /// <inheritdoc/>
    public bool TrySwiGlu(Tensor gate, Tensor up, Tensor y)
    {
        Timer timer = Start("swiglu", gate.Shape, Bytes(gate) + Bytes(up) + Bytes(y));
        return timer.End(inner.TrySwiGlu(gate, up, y));
    }

    /// <inheritdoc/>
    public bool TrySwiGluGradient(Tensor gate, Tensor up, Tensor upstream, Tensor? dGate, bool accumulateGate, Tensor? dUp, bool accumulateUp)
    {
        Timer timer = Start(
            "swiglu gradient", gate.Shape, Bytes(gate) + Bytes(up) + Bytes(upstream) + Updated(dGate, accumulateGate) + Updated(dUp, accumulateUp));
        return timer.End(inner.TrySwiGluGradient(gate, up, upstream, dGate, accumulateGate, dUp, accumulateUp));
    }

    /// <inheritdoc/>
    public bool TryAttention(Tensor q, Tensor k, Tensor v, in AttentionLayout layout, in AttentionOptions options, Tensor y, Tensor statistics)
    {
        Timer timer = Start("attention", q.Shape, Bytes(q) + SeenBytes(k, v, layout, options) + Bytes(y), AttentionFlops(q, v, layout, options));
        return timer.End(inner.TryAttention(q, k, v, layout, options, y, statistics));
    }

    /// <inheritdoc/>
    public bool TryAttentionGradient(
        Tensor q, Tensor k, Tensor v, in AttentionLayout layout, in AttentionOptions options, Tensor y, Tensor statistics, Tensor upstream,
        Tensor dQ, bool accumulateQ, Tensor dK, bool accumulateK, Tensor dV, bool accumulateV)
    {
        double bytes = Bytes(q) + Bytes(k) + Bytes(v) + Bytes(y) + Bytes(upstream) + Updated(dQ, accumulateQ) + Updated(dK, accumulateK) + Updated(dV, accumulateV);
        Timer timer = Start("attention gradient", q.Shape, bytes, 2.5 * AttentionFlops(q, v, layout, options));
        return timer.End(inner.TryAttentionGradient(q, k, v, layout, options, y, statistics, upstream, dQ, accumulateQ, dK, accumulateK, dV, accumulateV));
    }

    /// <inheritdoc/>
    public bool TryCrossEntropy(Tensor logits, Tensor labels, Tensor losses, bool gradient)
    {
        Timer timer = Start("cross entropy", logits.Shape, Updated(logits, gradient));
        return timer.End(inner.TryCrossEntropy(logits, labels, losses, gradient));
    }

    /// <inheritdoc/>
    /// <remarks>Noted without a shape: several parameters have none in common.</remarks>
    public bool TryAdamW(ReadOnlySpan<AdamWUpdate> updates)
    {
        double bytes = 0;
        foreach (ref readonly AdamWUpdate update in updates)
        {
            bytes += Bytes(update.Gradient) + (2 * (Bytes(update.Parameter) + Bytes(update.FirstMoment) + Bytes(update.SecondMoment)));
        }

        Timer timer = Start("adamw", [], bytes);
        return timer.End(inner.TryAdamW(updates));
    }

    /// <inheritdoc/>
    /// <remarks>Noted without a shape, as <see cref="TryAdamW"/>.</remarks>
    public bool TrySumsOfSquares(ReadOnlySpan<Tensor> sources, Tensor destination)
    {
        double bytes = Bytes(destination);
        foreach (Tensor source in sources)
        {
            bytes += Bytes(source);
        }

        Timer timer = Start("sums of squares", [], bytes);
        return timer.End(inner.TrySumsOfSquares(sources, destination));
    }

    /// <inheritdoc/>
    public bool TryAdamWAndPack(Tensor parameter, Tensor gradient, Tensor firstMoment, Tensor secondMoment, in AdamWStep step, PackedMatrix packed)
    {
        double bytes = Bytes(gradient) + (2 * (Bytes(parameter) + Bytes(firstMoment) + Bytes(secondMoment))) + packed.BytesPerProduct;
        Timer timer = Start("adamw and pack", parameter.Shape, bytes);
        return timer.End(inner.TryAdamWAndPack(parameter, gradient, firstMoment, secondMoment, step, packed));
    }

    private static string NameOf(PackUse direction, bool hasTerm) => (direction, hasTerm) switch
    {
        (PackUse.Forward, false) => "product x W^T",
        (PackUse.Forward, true) => "product x W^T + low rank",
        (_, false) => "product dY W",
        _ => "product dY W + low rank",
    };

    private static double Bytes(Tensor tensor) => (double)tensor.Count * tensor.DType.SizeInBytes;

    /// <summary>Bytes of a destination, which is also read when it accumulates.</summary>
    private static double Updated(Tensor? tensor, bool accumulate) => tensor is null ? 0 : Bytes(tensor) * (accumulate ? 2 : 1);

    /// <summary>Bytes of the keys and values that some query sees: a cache has room for more.</summary>
    private double SeenBytes(Tensor k, Tensor v, in AttentionLayout layout, in AttentionOptions options)
    {
        if (IsPaused)
        {
            return 0;
        }

        int[] starts = layout.QueryStarts.ToInt32Array();
        int[] keys = layout.KeyLengths.ToInt32Array();
        double rows = 0;
        for (int s = 0; s < keys.Length; s++)
        {
            int queries = starts[s + 1] - starts[s];
            if (queries > 0)
            {
                rows += options.Range(keys[s] - 1, keys[s]).End - options.Range(keys[s] - queries, keys[s]).Start;
            }
        }

        return rows * k.Shape[1] * ((k.Shape[2] * k.DType.SizeInBytes) + (v.Shape[2] * v.DType.SizeInBytes));
    }

    /// <summary>Operations of the two products of attention's forward pass, over the pairs of query and key that see each other.</summary>
    private double AttentionFlops(Tensor q, Tensor v, in AttentionLayout layout, in AttentionOptions options)
    {
        if (IsPaused)
        {
            return 0;
        }

        int[] starts = layout.QueryStarts.ToInt32Array();
        int[] keys = layout.KeyLengths.ToInt32Array();
        double pairs = 0;
        for (int s = 0; s < keys.Length; s++)
        {
            int queries = starts[s + 1] - starts[s];
            for (int i = 0; i < queries; i++)
            {
                (int first, int end) = options.Range(keys[s] - queries + i, keys[s]);
                pairs += end - first;
            }
        }

        return 2 * pairs * q.Shape[1] * (q.Shape[2] + v.Shape[2]);
    }

    private Timer Start(string operation, in Shape shape, double bytes, double flops = 0, long columns = 0) =>
        new(this, new ProfiledCall(operation, shape, columns, flops, bytes, Stopwatch.GetTimestamp(), 0));

    /// <summary>Notes a call when it has ended.</summary>
    private readonly ref struct Timer(ProfilingBackend owner, ProfiledCall call)
    {
        public bool End(bool happened)
        {
            if (happened)
            {
                Dispose();
            }

            return happened;
        }

        public void Dispose()
        {
            if (!owner.IsPaused)
            {
                owner._calls.Add(call with { End = Stopwatch.GetTimestamp() });
            }
        }
    }
}
