using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Attention;

/// <summary>What an attention call computes on, the same for its forward and backward jobs.</summary>
internal readonly unsafe struct AttentionProblem
{
    /// <summary>The largest head that the blocks in scratch memory are made for.</summary>
    public const int MaxHeadSize = 256;

    private readonly int* _queryStarts;
    private readonly int* _keyStarts;
    private readonly int* _keyLengths;
    private readonly float* _slopes;
    private readonly AttentionOptions _options;

    private AttentionProblem(GemmKernels kernels, Tensor q, Tensor k, Tensor v, in AttentionLayout layout, in AttentionOptions options)
    {
        Q = new HeadRows(q);
        K = new HeadRows(k);
        V = new HeadRows(v);
        Heads = (int)q.Shape[1];
        KeyHeads = (int)k.Shape[1];
        Sequences = (int)layout.KeyStarts.Count;
        _queryStarts = (int*)CpuStorage.Start(layout.QueryStarts);
        _keyStarts = (int*)CpuStorage.Start(layout.KeyStarts);
        _keyLengths = (int*)CpuStorage.Start(layout.KeyLengths);
        _slopes = options.AlibiSlopes is null ? null : (float*)CpuStorage.Start(options.AlibiSlopes);
        _options = options;
        Products = new TileProduct(kernels, q.DType == DType.BF16 && k.DType == DType.BF16 && v.DType == DType.BF16 ? DType.BF16 : DType.F32);
    }

    public HeadRows Q { get; }

    public HeadRows K { get; }

    public HeadRows V { get; }

    public int Heads { get; }

    public int KeyHeads { get; }

    /// <summary>Query heads that share a key-value head.</summary>
    public int Group => Heads / KeyHeads;

    public int Sequences { get; }

    public TileProduct Products { get; }

    public float Scale => (float)_options.Scale;

    public float Softcap => (float)_options.Softcap;

    /// <summary>Whether scores are more than scaled products.</summary>
    public bool IsBent => Softcap > 0 || _slopes != null;

    /// <summary>Whether <see cref="SoftmaxKernels"/> make the weights, in both directions: their last bits are not those of the C# form.</summary>
    public bool HasEmittedSoftmax => Products.Storage == DType.BF16 && !IsBent;

    /// <summary>Describes a call.</summary>
    /// <returns>False when the operands have a type or size that the fused form does not take.</returns>
    /// <exception cref="TensorException">The layout names rows that do not exist.</exception>
    public static bool TryCreate(
        GemmKernels kernels, Tensor q, Tensor k, Tensor v, in AttentionLayout layout, in AttentionOptions options, out AttentionProblem problem)
    {
        problem = default;
        bool fits = IsOperand(q) && IsOperand(k) && IsOperand(v) && IsList(layout.QueryStarts) && IsList(layout.KeyStarts) && IsList(layout.KeyLengths)
            && (options.AlibiSlopes is not { } slopes || (slopes.DType == DType.F32 && slopes.IsContiguous && slopes.Count == q.Shape[1]));
        if (fits)
        {
            problem = new AttentionProblem(kernels, q, k, v, layout, options);
            problem.Validate(layout, q.Shape[0], k.Shape[0]);
        }

        return fits;
    }

    public Sequence SequenceAt(int index) => new(_queryStarts[index], _queryStarts[index + 1] - _queryStarts[index], _keyStarts[index], _keyLengths[index]);

    public float SlopeOf(int head) => _slopes == null ? 0 : _slopes[head];

    /// <summary>The keys that a query of a sequence sees, and its position among them.</summary>
    public (int Start, int End) Range(in Sequence sequence, int query, out int position)
    {
        position = sequence.Keys - sequence.Queries + query;
        return _options.Range(position, sequence.Keys);
    }

    /// <summary>Whether the sequences' keys follow each other from the first row to the last.</summary>
    public bool SeesEveryKeyOnce(long keys)
    {
        long next = 0;
        for (int s = 0; s < Sequences && next >= 0; s++)
        {
            next = _keyStarts[s] == next ? next + _keyLengths[s] : -1;
        }

        return next == keys;
    }

    private static bool IsOperand(Tensor tensor) => tensor.DType is DType.F32 or DType.BF16 or DType.F16 && tensor.Shape[2] is >= 1 and <= MaxHeadSize;

    private static bool IsList(Tensor tensor) => tensor.DType == DType.I32 && tensor.IsContiguous;

    private void Validate(in AttentionLayout layout, long queries, long keys)
    {
        bool valid = layout.QueryStarts.Count == Sequences + 1L && layout.KeyLengths.Count == Sequences && _queryStarts[0] == 0;
        for (int s = 0; s < Sequences && valid; s++)
        {
            valid = _queryStarts[s + 1] >= _queryStarts[s] && _keyStarts[s] >= 0 && _keyLengths[s] >= 0 && (long)_keyStarts[s] + _keyLengths[s] <= keys;
        }

        if (!valid || _queryStarts[Sequences] != queries)
        {
            throw new TensorException(
                $"attention: the layout does not fit {queries} queries and {keys} keys: expected query starts that ascend from 0 to {queries}, "
                + $"and {Sequences} ranges of keys within 0 to {keys}");
        }
    }

    /// <summary>Rows of one sequence.</summary>
    public readonly record struct Sequence(int FirstQuery, int Queries, int FirstKey, int Keys);
}
