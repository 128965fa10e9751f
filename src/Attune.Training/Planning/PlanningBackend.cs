using System.Runtime.InteropServices;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Training.Planning;

/// <summary>
/// A backend that computes nothing and holds nothing but numbers that the host wrote: a step on it takes the same blocks in the same order as on a real one, so that its
/// memory is known before it is needed.
/// </summary>
/// <remarks>A block counts with the bytes that were used of it, because a system gives memory only when it is touched.</remarks>
public sealed class PlanningBackend : IBackend
{
    private const int PanelRows = 16;

    /// <summary>Numbers along K that share a scale in products of 8-bit codes.</summary>
    private const int CodeBlock = 256;

    /// <summary>What the product engine takes at most for left operands that it cannot read where they lie.</summary>
    private const long MostLeftBytes = 4L << 20;

    /// <summary>What attention takes at most for a chunk of its gradient.</summary>
    private const long MostScratchBytes = 16L << 20;

    /// <summary>Row lengths in bytes of which the product engine copies multiples, because they fall into few sets of a cache.</summary>
    private const int CrowdedStride = 2048;

    /// <summary>Contents larger than this are forgotten: they are weights, not borders of sequences or other numbers that the host reads back.</summary>
    private const int LargestContent = 16 << 10;

    private readonly bool _hasPairs;
    private long _held;
    private long _leftBytes;
    private long _rightBytes;
    private long _addedBytes;
    private long _attentionBytes;

    /// <summary>Makes a backend that is counted like one of the processor.</summary>
    /// <param name="tier">Name of the tier.</param>
    /// <param name="packsPairs">Whether it multiplies bf16 as it is; else operands are held in F32.</param>
    public PlanningBackend(string tier, bool packsPairs) => (Tier, _hasPairs) = (tier, packsPairs);

    /// <inheritdoc/>
    public string Tier { get; }

    /// <summary>The most bytes that were in use at once: blocks as far as they were used, packed weights, and the scratch memory of products and attention.</summary>
    public long PeakBytes { get; private set; }

    /// <inheritdoc/>
    public Storage Allocate(long bytes) => new Block(bytes);

    /// <inheritdoc/>
    public void Free(Storage storage) => _held -= ((Block)storage).Used;

    /// <inheritdoc/>
    public void Write(Storage storage, long byteOffset, ReadOnlySpan<byte> source)
    {
        var block = (Block)storage;
        Use(block, byteOffset + source.Length);
        block.Content = byteOffset == 0 && source.Length <= LargestContent ? source.ToArray() : null;
    }

    /// <inheritdoc/>
    public void Read(Storage storage, long byteOffset, Span<byte> destination)
    {
        byte[] content = ((Block)storage).Content ?? [];
        int start = (int)Math.Min(byteOffset, content.Length);
        int count = Math.Min(content.Length - start, destination.Length);
        content.AsSpan(start, count).CopyTo(destination);
        destination[count..].Clear();
    }

    /// <inheritdoc/>
    public void Fill(Tensor destination, double value) => Use(destination);

    /// <inheritdoc/>
    public void Copy(Tensor source, Tensor destination) => Use(destination);

    /// <inheritdoc/>
    public void Axpy(double alpha, Tensor source, double beta, Tensor destination) => Use(destination);

    /// <inheritdoc/>
    public void Map(MapKind kind, Tensor source, Tensor destination, double parameter) => Use(destination);

    /// <inheritdoc/>
    public void MapGradient(MapKind kind, Tensor source, Tensor upstream, Tensor destination, double parameter, bool accumulate) => Use(destination);

    /// <inheritdoc/>
    /// <remarks>Differences of borders are computed: the host reads lengths back to know how many keys there are.</remarks>
    public void Zip(ZipKind kind, Tensor left, Tensor right, Tensor destination)
    {
        int[]? lengths = kind == ZipKind.Sub && destination.DType == DType.I32 && Numbers(left) is { } ends && Numbers(right) is { } starts
            ? [.. ends.Zip(starts, (end, start) => end - start)]
            : null;
        Use(destination);
        ((Block)destination.Storage).Content = lengths is null || destination.Offset != 0 ? null : MemoryMarshal.AsBytes(lengths.AsSpan()).ToArray();
    }

    /// <inheritdoc/>
    public void Select(Tensor condition, Tensor left, Tensor right, Tensor destination) => Use(destination);

    /// <inheritdoc/>
    public void Reduce(ReduceKind kind, Tensor source, Tensor destination) => Use(destination);

    /// <inheritdoc/>
    public void ArgMax(Tensor source, Tensor destination) => Use(destination);

    /// <inheritdoc/>
    public void MatMul(Tensor left, Tensor right, Tensor destination, double alpha, bool accumulate)
    {
        long size = _hasPairs && (left.DType == DType.BF16 || right.DType == DType.BF16) ? DType.BF16.SizeInBytes : DType.F32.SizeInBytes;
        long depth = left.Shape[-1];
        Grow(ref _rightBytes, RoundUp(right.Shape[-1]) * depth * size);
        Grow(ref _leftBytes, left.Strides[-1] == 1 && left.DType.SizeInBytes == size ? 0 : Math.Min(MostLeftBytes, left.Shape[-2] * depth * size));
        Use(destination);
    }

    /// <inheritdoc/>
    public void GatherRows(Tensor source, Tensor indices, Tensor destination) => Use(destination);

    /// <inheritdoc/>
    public void ScatterAddRows(Tensor source, Tensor indices, Tensor destination) => Use(destination);

    /// <inheritdoc/>
    public void Dropout(Tensor source, Tensor destination, double probability, RandomState random, bool accumulate) => Use(destination);

    /// <inheritdoc/>
    public PackedMatrix? TryPack(Tensor matrix, DType dtype, PackUse use, PackedMatrix? reuse)
    {
        if (reuse is not null)
        {
            return reuse;
        }

        var packed = new Pack(this, (int)matrix.Shape[0], (int)matrix.Shape[1], dtype, use);
        Hold(packed.Bytes);
        return packed;
    }

    /// <inheritdoc/>
    public bool TryMatMulPacked(
        Tensor x, PackedMatrix weight, PackUse direction, Tensor destination, Tensor? bias, double alpha, bool accumulate, LowRankTerm? term = null, Tensor? residual = null)
    {
        long size = ((Pack)weight).ElementBytes;
        long depth = x.Shape[-1];
        if (term is { } added)
        {
            Grow(ref _rightBytes, RoundUp(destination.Shape[-1]) * added.Rank * size);
            Grow(ref _addedBytes, added.Left.DType.SizeInBytes == size ? 0 : added.Left.Count * size);
        }

        bool isRead = x.DType.SizeInBytes == size && x.Strides[-2] * size % CrowdedStride != 0;
        Grow(ref _leftBytes, isRead ? 0 : Math.Min(MostLeftBytes, x.Count / depth * depth * size));
        return Use(destination);
    }

    /// <inheritdoc/>
    public bool TrySoftmax(Tensor source, Tensor destination) => Use(destination);

    /// <inheritdoc/>
    public bool TrySoftmaxGradient(Tensor y, Tensor upstream, Tensor destination, bool accumulate) => Use(destination);

    /// <inheritdoc/>
    public bool TryRmsNorm(Tensor x, Tensor weight, double epsilon, double offset, Tensor y, Tensor rstd) => Use(y) && Use(rstd);

    /// <inheritdoc/>
    public bool TryRmsNormGradient(
        Tensor x, Tensor weight, double offset, Tensor rstd, Tensor upstream, Tensor? dX, bool accumulateX, Tensor? dWeight, bool accumulateWeight) => Use(dX) && Use(dWeight);

    /// <inheritdoc/>
    public bool TryLayerNorm(Tensor x, Tensor? weight, Tensor? bias, double epsilon, Tensor y, Tensor statistics) => Use(y) && Use(statistics);

    /// <inheritdoc/>
    public bool TryLayerNormGradient(
        Tensor x, Tensor? weight, Tensor statistics, Tensor upstream,
        Tensor? dX, bool accumulateX, Tensor? dWeight, bool accumulateWeight, Tensor? dBias, bool accumulateBias) => Use(dX) && Use(dWeight) && Use(dBias);

    /// <inheritdoc/>
    public bool TryRope(Tensor x, Tensor cos, Tensor sin, Tensor positions, bool interleaved, bool inverse, Tensor destination, bool accumulate) => Use(destination);

    /// <inheritdoc/>
    public bool TrySwiGlu(Tensor gate, Tensor up, Tensor y) => Use(y);

    /// <inheritdoc/>
    public bool TrySwiGluGradient(Tensor gate, Tensor up, Tensor upstream, Tensor? dGate, bool accumulateGate, Tensor? dUp, bool accumulateUp) => Use(dGate) && Use(dUp);

    /// <inheritdoc/>
    public bool TryAttention(Tensor q, Tensor k, Tensor v, in AttentionLayout layout, in AttentionOptions options, Tensor y, Tensor statistics) => Use(y) && Use(statistics);

    /// <inheritdoc/>
    public bool TryAttentionGradient(
        Tensor q, Tensor k, Tensor v, in AttentionLayout layout, in AttentionOptions options, Tensor y, Tensor statistics, Tensor upstream,
        Tensor dQ, bool accumulateQ, Tensor dK, bool accumulateK, Tensor dV, bool accumulateV)
    {
        Grow(ref _attentionBytes, AttentionBytes(q, k, layout));
        return Use(dQ) && Use(dK) && Use(dV);
    }

    /// <inheritdoc/>
    public bool TryCrossEntropy(Tensor logits, Tensor labels, Tensor losses, bool gradient) => Use(logits) && Use(losses);

    /// <inheritdoc/>
    public bool TryAdamW(ReadOnlySpan<AdamWUpdate> updates)
    {
        foreach (ref readonly AdamWUpdate update in updates)
        {
            Use(update.FirstMoment);
            Use(update.SecondMoment);
        }

        return true;
    }

    /// <inheritdoc/>
    public bool TrySumsOfSquares(ReadOnlySpan<Tensor> sources, Tensor destination) => Use(destination);

    /// <inheritdoc/>
    public bool TryAdamWAndPack(Tensor parameter, Tensor gradient, Tensor firstMoment, Tensor secondMoment, in AdamWStep step, PackedMatrix packed) =>
        TryAdamW([new AdamWUpdate(parameter, gradient, firstMoment, secondMoment, step)]);

    /// <summary>For every block of queries Q, dY, their transposes and dS; for every key K^T, dK and dV.</summary>
    private long AttentionBytes(Tensor q, Tensor k, in AttentionLayout layout)
    {
        int[] starts = Numbers(layout.QueryStarts) ?? [0, (int)q.Shape[0]];
        long size = _hasPairs && q.DType == DType.BF16 ? DType.BF16.SizeInBytes : DType.F32.SizeInBytes;
        long width = q.Shape[2];
        long bytes = 0;
        for (int s = 0; s + 1 < starts.Length; s++)
        {
            long length = starts[s + 1] - starts[s];
            bytes += (q.Shape[1] * length * size * ((4 * width) + length)) + (k.Shape[1] * length * width * (size + (2 * sizeof(float))));
        }

        return Math.Min(MostScratchBytes, bytes);
    }

    /// <summary>The contents of a list of I32; null where they are not known.</summary>
    private int[]? Numbers(Tensor list)
    {
        if (((Block)list.Storage).Content is null || list.Shape.Rank != 1 || !list.IsContiguous)
        {
            return null;
        }

        var numbers = new int[list.Count];
        Read(list.Storage, list.Offset * sizeof(int), MemoryMarshal.AsBytes(numbers.AsSpan()));
        return numbers;
    }

    private bool Use(Tensor? tensor)
    {
        if (tensor is not null)
        {
            var block = (Block)tensor.Storage;
            block.Content = null;
            Use(block, (tensor.Offset + Extent(tensor)) * tensor.DType.SizeInBytes);
        }

        return true;
    }

    /// <summary>Elements from the first to the last.</summary>
    private static long Extent(Tensor tensor)
    {
        long extent = 1;
        for (int d = 0; d < tensor.Shape.Rank; d++)
        {
            extent += (tensor.Shape[d] - 1) * Math.Abs(tensor.Strides[d]);
        }

        return tensor.Count == 0 ? 0 : extent;
    }

    /// <summary>Scratch memory is kept for the next who needs it.</summary>
    private void Grow(ref long scratch, long bytes)
    {
        if (bytes > scratch)
        {
            Hold(bytes - scratch);
            scratch = bytes;
        }
    }

    private static long RoundUp(long rows) => (rows + PanelRows - 1) / PanelRows * PanelRows;

    private void Use(Block block, long bytes)
    {
        bytes = Math.Min(bytes, block.Bytes);
        if (bytes > block.Used)
        {
            Hold(bytes - block.Used);
            block.Used = bytes;
        }
    }

    private void Hold(long bytes)
    {
        _held += bytes;
        PeakBytes = Math.Max(PeakBytes, _held);
    }

    private sealed class Block(long bytes) : Storage(bytes)
    {
        public long Used { get; set; }

        public byte[]? Content { get; set; }
    }

    private sealed class Pack(PlanningBackend owner, int rows, int columns, DType dtype, PackUse use) : PackedMatrix(rows, columns, dtype, use)
    {
        public int ElementBytes => DType == DType.I8 ? DType.I8.SizeInBytes : DType == DType.BF16 && owner._hasPairs ? DType.BF16.SizeInBytes : DType.F32.SizeInBytes;

        /// <remarks>Codes have a scale for every row, and sums for every row of a block of columns and every column of a block of rows.</remarks>
        public override long Bytes => RoundUp(Rows) * (((long)Columns * ElementBytes) + (DType == DType.I8 ? sizeof(float) + BlockSums(Columns) : 0))
            + (DType == DType.I8 && (Use & PackUse.Backward) != 0 ? RoundUp(Columns) * BlockSums(Rows) : 0);

        public override void Unpack(Tensor destination) => owner.Use(destination);

        protected override void Dispose(bool disposing) => owner._held -= Bytes;

        private static long BlockSums(int codes) => ((codes / CodeBlock) + 1) * sizeof(int);
    }
}
