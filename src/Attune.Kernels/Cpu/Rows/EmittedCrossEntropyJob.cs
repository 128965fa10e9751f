using Attune.Kernels.Cpu.Simd;
using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Rows;

/// <summary>What <see cref="CrossEntropyJob{V}"/> does, for bf16 logits in emitted code: a row is never widened in memory.</summary>
internal unsafe struct EmittedCrossEntropyJob : IJob
{
    /// <summary>Exponentials whose sum is made in single precision; longer sums are joined in double precision.</summary>
    private const int RunElements = 4096;

    private RowView _logits;
    private int* _labels;
    private float* _losses;
    private bool _gradient;

    public static void Run(WorkerPool pool, Tensor logits, int* labels, Tensor losses, bool gradient)
    {
        var job = new EmittedCrossEntropyJob
        {
            _logits = new RowView(logits),
            _labels = labels,
            _losses = (float*)CpuStorage.Start(losses),
            _gradient = gradient,
        };
        pool.Run(ref job, job._logits.Chunks);
    }

    public readonly void Execute(int index, int worker)
    {
        int columns = _logits.Columns;
        long end = Math.Min(_logits.Count, (long)(index + 1) * _logits.PerChunk);
        for (long row = (long)index * _logits.PerChunk; row < end; row++)
        {
            var x = (ushort*)_logits.At(row);
            float largest = LogitKernels.Largest(x, columns);
            double shift = -(double)largest * VecMath.BinaryLogarithmOfE;
            double sum = 0;
            for (int start = 0; start < columns; start += RunElements)
            {
                sum += LogitKernels.Sum(x + start, Math.Min(RunElements, columns - start), (float)shift);
            }

            ushort* label = x + _labels[row];
            double logProbability = (double)BFloat16.ToSingle(*label) - largest - Math.Log(sum);
            _losses[row] = (float)-logProbability;
            if (_gradient)
            {
                LogitKernels.Raise(x, columns, (float)(shift - Math.Log2(sum)));
                *label = BFloat16.FromSingle((float)(Math.Exp(logProbability) - 1));
            }
        }
    }
}
