using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Elementwise;

/// <summary>Runs a kernel over all elements of its operands: the one driver of all element-wise work.</summary>
/// <remarks>
/// Contiguous operands of one type, F32 or BF16, are read and written in place. Everything else goes through short runs in single precision, which stay in the first-level
/// cache. Chunks are of a fixed size.
/// </remarks>
internal unsafe struct ElementwiseJob<V, TKernel>(in LoopNest nest, in TKernel kernel) : IJob
    where V : struct, IVec<V>
    where TKernel : struct, IElementwiseKernel
{
    /// <summary>Elements that one index of the job computes: some microseconds of work.</summary>
    private const int ChunkElements = 16 * 1024;

    private readonly LoopNest _nest = nest;
    private readonly TKernel _kernel = kernel;
    private Form _form;
    private long _blocksPerRow;
    private long _blocks;
    private long _blocksPerChunk;

    private enum Form
    {
        F32,
        BF16,
        Mixed,
    }

    public static void Run(WorkerPool pool, in TKernel kernel, params ReadOnlySpan<Tensor> operands)
    {
        var nest = new LoopNest(operands);
        if (nest.Count == 0)
        {
            return;
        }

        var job = new ElementwiseJob<V, TKernel>(nest, kernel);
        pool.Run(ref job, job.Plan());
    }

    public readonly void Execute(int index, int worker)
    {
        switch (_form)
        {
            case Form.F32:
                Contiguous<F32Element>(index);
                break;
            case Form.BF16:
                Contiguous<BF16Element>(index);
                break;
            default:
                Mixed(index);
                break;
        }
    }

    private int Plan()
    {
        _form = _nest.IsUniform(DType.F32) ? Form.F32 : _nest.IsUniform(DType.BF16) ? Form.BF16 : Form.Mixed;
        if (_form != Form.Mixed)
        {
            return checked((int)((_nest.Count + ChunkElements - 1) / ChunkElements));
        }

        long inner = _nest.Inner;
        _blocksPerRow = (inner + Blocks.Size - 1) / Blocks.Size;
        _blocks = _nest.Count / inner * _blocksPerRow;
        _blocksPerChunk = Math.Max(1, ChunkElements / Math.Min(inner, Blocks.Size));
        return checked((int)((_blocks + _blocksPerChunk - 1) / _blocksPerChunk));
    }

    private readonly void Contiguous<E>(int chunk)
        where E : struct, IElement
    {
        long start = (long)chunk * ChunkElements;
        Pointers p = _nest.Start;
        for (int t = 0; t < TKernel.Operands; t++)
        {
            p[t] += start * E.Bytes;
        }

        ElementwiseLoop<V, E>.Run(_kernel, p, (nint)Math.Min(ChunkElements, _nest.Count - start), start);
    }

    [SkipLocalsInit]
    private readonly void Mixed(int chunk)
    {
        float* buffers = stackalloc float[Pointers.Max * Blocks.Size];
        int firstOutput = TKernel.Operands - TKernel.Outputs;
        long end = Math.Min(_blocks, (chunk + 1) * _blocksPerChunk);
        var row = default(Pointers);
        long currentRow = -1;
        for (long block = chunk * _blocksPerChunk; block < end; block++)
        {
            (long r, long inRow) = Math.DivRem(block, _blocksPerRow);
            if (r != currentRow)
            {
                _nest.RowStart(r, ref row);
                currentRow = r;
            }

            long start = inRow * Blocks.Size;
            int count = (int)Math.Min(Blocks.Size, _nest.Inner - start);
            var runs = default(Pointers);
            for (int t = 0; t < TKernel.Operands; t++)
            {
                byte* at = At(row, t, start);
                float* buffer = buffers + (t * Blocks.Size);
                bool direct = IsDirect(t);
                runs[t] = direct ? at : (byte*)buffer;
                if (!direct && (t < firstOutput || _kernel.ReadsOutputs))
                {
                    Blocks.Load<V>(_nest.TypeOf(t), at, _nest.InnerStride(t), count, buffer);
                }
            }

            ElementwiseLoop<V, F32Element>.Run(_kernel, runs, count, (r * _nest.Inner) + start);
            for (int t = firstOutput; t < TKernel.Operands; t++)
            {
                if (!IsDirect(t))
                {
                    Blocks.Store<V>(_nest.TypeOf(t), At(row, t, start), _nest.InnerStride(t), count, (float*)runs[t]);
                }
            }
        }
    }

    private readonly bool IsDirect(int operand) => _nest.TypeOf(operand) == DType.F32 && _nest.InnerStride(operand) == 1;

    private readonly byte* At(in Pointers row, int operand, long start) =>
        row[operand] + (start * _nest.InnerStride(operand) * _nest.TypeOf(operand).SizeInBytes);
}
