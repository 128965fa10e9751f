using Attune.Tensors.Backends;

namespace Attune.Kernels.Jit;

/// <summary>A kernel for products of some rows with a weight of few bits; get it from <see cref="BlockProductKernels"/>.</summary>
/// <param name="code">Where its code begins; 0 for none.</param>
/// <param name="format">How the weight is stored.</param>
/// <param name="rows">Rows of x.</param>
/// <param name="emulated">What is done with the sums in C#.</param>
internal readonly unsafe struct BlockKernel(nint code, BlockFormat format, int rows, GemmKernelFlags emulated)
{
    /// <summary>Computes rows x 16 columns; the arguments are changed.</summary>
    public void Invoke(GemmArguments* arguments)
    {
        if (emulated != GemmKernelFlags.None)
        {
            InvokeEmulated(arguments);
        }
        else
        {
            InvokeCode(arguments);
        }
    }

    private void InvokeCode(GemmArguments* arguments)
    {
        if (code != 0)
        {
            ((delegate* unmanaged<GemmArguments*, void>)code)(arguments);
        }
        else
        {
            PortableBlockProduct.Run(arguments, format, rows);
        }
    }

    private void InvokeEmulated(GemmArguments* arguments)
    {
        float* sums = stackalloc float[rows * GemmReference.PanelColumns];
        GemmArguments raw = *arguments;
        raw.C = (byte*)sums;
        raw.CStride = GemmReference.StepBytes;
        InvokeCode(&raw);
        GemmReference.Finish(sums, arguments, rows, panels: 1, emulated);
    }
}
