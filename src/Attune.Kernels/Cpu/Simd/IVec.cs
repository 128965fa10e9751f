namespace Attune.Kernels.Cpu.Simd;

/// <summary>A vector of single-precision numbers of some width; operators are written once over it and compiled for each width.</summary>
/// <remarks>Comparisons give masks: all bits of a lane set or none. Pointers need no alignment.</remarks>
internal unsafe interface IVec<TSelf>
    where TSelf : struct, IVec<TSelf>
{
    /// <summary>Number of lanes.</summary>
    static abstract int Count { get; }

    static abstract TSelf Create(float value);

    static abstract TSelf Load(float* source);

    static abstract void Store(float* destination, TSelf value);

    static abstract TSelf LoadBF16(ushort* source);

    /// <summary>Rounds to nearest, ties to even; NaN stays NaN.</summary>
    static abstract void StoreBF16(ushort* destination, TSelf value);

    /// <summary>Stores pairs of bf16, lane by lane, rounded as <see cref="StoreBF16"/> does.</summary>
    static abstract void StoreBF16Pairs(uint* destination, TSelf first, TSelf second);

    /// <summary>The value that <see cref="StoreBF16"/> would store.</summary>
    static abstract TSelf RoundToBF16(TSelf value);

    static abstract TSelf operator +(TSelf left, TSelf right);

    static abstract TSelf operator -(TSelf left, TSelf right);

    static abstract TSelf operator -(TSelf value);

    static abstract TSelf operator *(TSelf left, TSelf right);

    static abstract TSelf operator /(TSelf left, TSelf right);

    static abstract TSelf operator &(TSelf left, TSelf right);

    static abstract TSelf operator |(TSelf left, TSelf right);

    /// <summary>a b + c, in one rounding where the processor can.</summary>
    static abstract TSelf Fma(TSelf a, TSelf b, TSelf c);

    /// <summary>The larger one; NaN if either is.</summary>
    static abstract TSelf Max(TSelf left, TSelf right);

    /// <summary>The smaller one; NaN if either is.</summary>
    static abstract TSelf Min(TSelf left, TSelf right);

    /// <summary>The larger one by the fastest instruction; NaN if <paramref name="right"/> is, undefined if only <paramref name="left"/> is.</summary>
    static abstract TSelf MaxFast(TSelf left, TSelf right);

    /// <summary>The smaller one by the fastest instruction; NaN if <paramref name="right"/> is, undefined if only <paramref name="left"/> is.</summary>
    static abstract TSelf MinFast(TSelf left, TSelf right);

    static abstract TSelf Abs(TSelf value);

    static abstract TSelf Sqrt(TSelf value);

    /// <summary>The nearest integer, ties to even.</summary>
    static abstract TSelf Round(TSelf value);

    /// <summary>x 2^n for whole n in [-160, 160], with gradual underflow.</summary>
    static abstract TSelf Scale(TSelf x, TSelf n);

    static abstract TSelf Equal(TSelf left, TSelf right);

    static abstract TSelf Less(TSelf left, TSelf right);

    static abstract TSelf LessOrEqual(TSelf left, TSelf right);

    static abstract TSelf Select(TSelf mask, TSelf yes, TSelf no);

    /// <summary>One bit per lane of a mask.</summary>
    static abstract uint Bits(TSelf mask);

    static abstract TSelf Log(TSelf value);

    static abstract TSelf Sin(TSelf value);

    static abstract TSelf Cos(TSelf value);

    /// <summary>Sum of the lanes, in pairs.</summary>
    static abstract float Sum(TSelf value);

    /// <summary>Stores the sums of the lanes of four vectors, each added up in the same order.</summary>
    static abstract void StoreSums(float* destination, TSelf a, TSelf b, TSelf c, TSelf d);

    /// <summary>Sum of the lanes in double precision.</summary>
    static abstract double SumDouble(TSelf value);

    /// <summary>The largest lane; NaN if one is.</summary>
    static abstract float Largest(TSelf value);

    /// <summary>The largest lane by the fastest instructions; undefined if one is NaN.</summary>
    static abstract float LargestFast(TSelf value);

    /// <summary>A mask of the lanes whose random number is not below a threshold: lane i has the upper 32 bits of <see cref="Attune.Tensors.RandomState.Bits"/> at counter + i.</summary>
    static abstract TSelf RandomAtLeast(ulong seed, ulong counter, uint threshold);
}
