using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Cpu.Elementwise;

/// <summary>One step of AdamW on a weight [N, K], 16 rows per index, which are packed while they are in the cache.</summary>
internal readonly unsafe struct AdamWPackJob<V> : IJob
    where V : struct, IVec<V>
{
    private readonly WorkerPool _pool;
    private readonly AdamWKernel _kernel;
    private readonly Pointers _operands;
    private readonly MatrixView _weight;
    private readonly PackedPanels _panels;

    private AdamWPackJob(WorkerPool pool, in AdamWKernel kernel, in Pointers operands, in MatrixView weight, PackedPanels panels)
    {
        _pool = pool;
        _kernel = kernel;
        _operands = operands;
        _weight = weight;
        _panels = panels;
    }

    /// <summary>Whether a tensor is a matrix of the panels' size whose numbers lie side by side in single precision.</summary>
    public static bool IsOperand(Tensor tensor, PackedPanels panels) =>
        tensor.DType == DType.F32 && tensor.IsContiguous && tensor.Shape == new Shape(panels.Rows, panels.Columns);

    public static void Run(
        WorkerPool pool, in AdamWStep step, Tensor gradient, Tensor parameter, Tensor firstMoment, Tensor secondMoment, PackedPanels panels)
    {
        var operands = new Pointers
        {
            P0 = CpuStorage.Start(gradient),
            P1 = CpuStorage.Start(parameter),
            P2 = CpuStorage.Start(firstMoment),
            P3 = CpuStorage.Start(secondMoment),
        };
        var weight = new MatrixView(operands.P1, DType.F32, panels.Rows, panels.Columns, panels.Columns);
        var job = new AdamWPackJob<V>(pool, new AdamWKernel(step), operands, weight, panels);
        pool.Run(ref job, panels.Panels);
    }

    public void Execute(int index, int worker)
    {
        int row = index * PanelLayout.PanelRows;
        int rows = Math.Min(PanelLayout.PanelRows, _weight.Rows - row);
        long start = (long)row * _weight.Columns;
        nint count = (nint)rows * _weight.Columns;
        Pointers p = _operands;
        for (int operand = 0; operand < AdamWKernel.Operands; operand++)
        {
            p[operand] += start * sizeof(float);
        }

        PanelLayout layout = _panels.Layout;
        if (layout.Storage != DType.BF16 || rows < PanelLayout.PanelRows || layout.Depth != layout.StoredDepth)
        {
            ElementwiseLoop<V, F32Element>.Run(_kernel, p, count, start);
            PanelPacker.Pack(_weight, row, layout, _panels.Panel(index));
            return;
        }

        // Rounding costs nothing while memory is waited for.
        p.P4 = _pool.Scratch(worker, count * sizeof(ushort));
        ElementwiseLoop<V, F32Element>.Run(new RoundingKernel(_kernel), p, count, start);
        WordTranspose.ToPanel((uint*)p.P4, layout.Steps, (uint*)_panels.Panel(index));
    }

    /// <summary>AdamW, and the new values in bf16 as the fifth operand. Only whole vectors: 16 rows have no others.</summary>
    private readonly struct RoundingKernel(AdamWKernel kernel) : IElementwiseKernel
    {
        public static int Operands => AdamWKernel.Operands + 1;

        public static int Outputs => AdamWKernel.Outputs + 1;

        public bool ReadsOutputs => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step<TVec, E>(in Pointers p, nint i, long index)
            where TVec : struct, IVec<TVec>
            where E : struct, IElement => BF16Element.Store(p.P4, i, kernel.Update<TVec, E>(p, i));
    }
}
