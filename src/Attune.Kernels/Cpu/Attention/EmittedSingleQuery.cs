using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Simd;
using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Attention;

/// <summary>What <see cref="SingleQuery{V}"/> does, in bf16 and emitted code, for a run of keys and all heads that read them.</summary>
/// <param name="problem">The call.</param>
/// <param name="strip">Room for a strip of rows: where a run does not end with a whole one, its rest is copied there with zeros behind.</param>
internal readonly unsafe ref struct EmittedSingleQuery(in AttentionProblem problem, byte* strip)
{
    private const int StripRows = SingleQueryEmitter.StripRows;

    private readonly AttentionProblem _problem = problem;

    /// <summary>Most keys of a run.</summary>
    public const int RunKeys = SingleQueryEmitter.WeightStride / sizeof(ushort);

    /// <summary>Whether a call's operands are as the kernels read them.</summary>
    public static bool Takes(in AttentionProblem problem) =>
        problem.Products.Storage == DType.BF16 && problem.K.IsDense && problem.V.IsDense && SingleQueryKernels.Take(problem.Q.Size) && SingleQueryKernels.Take(problem.V.Size);

    /// <summary>Products of all query heads with the keys of a run.</summary>
    /// <param name="row">First key.</param>
    /// <param name="count">Number of keys, at most <see cref="RunKeys"/>.</param>
    /// <param name="queries">The heads of the query in bf16.</param>
    /// <param name="scores">Receives <see cref="RunKeys"/> numbers for each head.</param>
    [MethodImpl(Compile.Loop)]
    public void Score(long row, int count, ushort* queries, float* scores)
    {
        int size = _problem.Q.Size;
        int whole = count / StripRows * StripRows;
        for (int keyHead = 0; keyHead < _problem.KeyHeads; keyHead++)
        {
            // The values are needed next, and the processor does not see that from rows that lie apart.
            _problem.V.Prefetch(row, keyHead, count);
            byte* rest = whole < count ? CopyRest(_problem.K, row + whole, keyHead, count - whole) : null;
            for (int head = keyHead * _problem.Group; head < (keyHead + 1) * _problem.Group; head++)
            {
                var arguments = new SingleQueryArguments
                {
                    Rows = _problem.K.At(row, keyHead),
                    RowBytes = _problem.K.RowBytes,
                    Count = whole,
                    Operand = (byte*)(queries + ((nint)head * size)),
                    Result = scores + ((nint)head * RunKeys),
                };
                if (whole > 0)
                {
                    SingleQueryKernels.Score(size, &arguments);
                }

                if (rest != null)
                {
                    SingleQueryArguments last = arguments with { Rows = rest, RowBytes = (nint)size * sizeof(ushort), Count = StripRows, Result = arguments.Result + whole };
                    SingleQueryKernels.Score(size, &last);
                }
            }
        }
    }

    /// <summary>Adds up the values of a run for all query heads.</summary>
    /// <param name="row">First key.</param>
    /// <param name="count">Number of keys.</param>
    /// <param name="weights">bf16, <see cref="RunKeys"/> for each head; those behind the last key are 0 up to a whole strip.</param>
    /// <param name="sums">What is added to.</param>
    /// <param name="stride">Floats from a head's sums to the next one's.</param>
    [MethodImpl(Compile.Loop)]
    public void Sum(long row, int count, ushort* weights, float* sums, int stride)
    {
        int size = _problem.V.Size;
        int whole = count / StripRows * StripRows;
        int most = SingleQueryEmitter.HeadsAtOnce(size / SingleQueryEmitter.ChunkNumbers);
        for (int keyHead = 0; keyHead < _problem.KeyHeads; keyHead++)
        {
            // The next run, unless another thread or none has it.
            _problem.K.Prefetch(row + RunKeys, keyHead, count);
            byte* rest = whole < count ? CopyRest(_problem.V, row + whole, keyHead, count - whole) : null;
            int end = (keyHead + 1) * _problem.Group;
            for (int head = keyHead * _problem.Group; head < end; head += most)
            {
                int heads = Math.Min(most, end - head);
                var arguments = new SingleQueryArguments
                {
                    Rows = _problem.V.At(row, keyHead),
                    RowBytes = _problem.V.RowBytes,
                    Count = whole,
                    Operand = (byte*)(weights + ((nint)head * RunKeys)),
                    Result = sums + ((nint)head * stride),
                    ResultStride = (nint)stride * sizeof(float),
                };
                if (whole > 0)
                {
                    SingleQueryKernels.Sum(size, heads, &arguments);
                }

                if (rest != null)
                {
                    SingleQueryArguments last = arguments with { Rows = rest, RowBytes = (nint)size * sizeof(ushort), Count = StripRows, Operand = arguments.Operand + (whole * sizeof(ushort)) };
                    SingleQueryKernels.Sum(size, heads, &last);
                }
            }
        }
    }

    private byte* CopyRest(in HeadRows rows, long row, int head, int count)
    {
        int bytes = rows.Size * sizeof(ushort);
        for (int i = 0; i < count; i++)
        {
            Unsafe.CopyBlockUnaligned(strip + (i * bytes), rows.At(row + i, head), (uint)bytes);
        }

        new Span<byte>(strip + (count * bytes), (StripRows - count) * bytes).Clear();
        return strip;
    }
}
