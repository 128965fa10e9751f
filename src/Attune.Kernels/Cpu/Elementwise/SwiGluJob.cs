using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Elementwise;

/// <summary>SwiGLU or its gradient over contiguous bf16 operands in emitted code; an index is a run of fixed length.</summary>
internal readonly unsafe struct SwiGluJob : IJob
{
    private const int ChunkElements = 16 * 1024;

    private readonly SwiGluArguments _operands;
    private readonly bool _isGradient;

    private SwiGluJob(in SwiGluArguments operands, bool isGradient)
    {
        _operands = operands;
        _isGradient = isGradient;
    }

    /// <summary>Whether operands are as emitted code reads and writes them.</summary>
    public static bool Takes(GemmKernels kernels, params ReadOnlySpan<Tensor> operands)
    {
        if (kernels.StorageOf(DType.BF16) != DType.BF16)
        {
            return false;
        }

        foreach (Tensor operand in operands)
        {
            if (operand.DType != DType.BF16 || !operand.IsContiguous || operand.Count != operands[0].Count)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>y = silu(gate) up.</summary>
    public static void Forward(WorkerPool pool, Tensor gate, Tensor up, Tensor y) =>
        Run(pool, new SwiGluArguments { Gate = CpuStorage.Start(gate), Up = CpuStorage.Start(up), First = CpuStorage.Start(y), Count = (nint)gate.Count }, isGradient: false);

    /// <summary>dGate = dY up silu'(gate) and dUp = dY silu(gate).</summary>
    public static void Gradient(WorkerPool pool, Tensor gate, Tensor up, Tensor upstream, Tensor dGate, Tensor dUp)
    {
        var operands = new SwiGluArguments
        {
            Gate = CpuStorage.Start(gate),
            Up = CpuStorage.Start(up),
            Upstream = CpuStorage.Start(upstream),
            First = CpuStorage.Start(dGate),
            Second = CpuStorage.Start(dUp),
            Count = (nint)gate.Count,
        };
        Run(pool, operands, isGradient: true);
    }

    public void Execute(int index, int worker)
    {
        nint start = (nint)index * ChunkElements;
        nint bytes = start * sizeof(ushort);
        var run = new SwiGluArguments
        {
            Gate = _operands.Gate + bytes,
            Up = _operands.Up + bytes,
            Upstream = _operands.Upstream + bytes,
            First = _operands.First + bytes,
            Second = _operands.Second + bytes,
            Count = Math.Min(ChunkElements, _operands.Count - start),
        };
        if (_isGradient)
        {
            SwiGluCode.Gradient(&run);
        }
        else
        {
            SwiGluCode.Forward(&run);
        }
    }

    private static void Run(WorkerPool pool, in SwiGluArguments operands, bool isGradient)
    {
        var job = new SwiGluJob(operands, isGradient);
        pool.Run(ref job, checked((int)((operands.Count + ChunkElements - 1) / ChunkElements)));
    }
}
