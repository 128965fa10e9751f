namespace Attune.Kernels.Jit;

/// <summary>A matrix-product kernel for tiles of <see cref="Rows"/> x <see cref="Panels"/>; get it from <see cref="GemmKernels"/>.</summary>
public readonly unsafe struct GemmKernel
{
    private readonly nint _code;
    private readonly GemmKernelFlags _emulated;

    internal GemmKernel(nint code, int rows, int panels, GemmKernelFlags emulated)
    {
        _code = code;
        _emulated = emulated;
        Rows = rows;
        Panels = panels;
    }

    /// <summary>Rows of a tile.</summary>
    public int Rows { get; }

    /// <summary>Panels of 16 columns of a tile.</summary>
    public int Panels { get; }

    /// <summary>Computes <see cref="GemmArguments.Tiles"/> tiles; the arguments are changed.</summary>
    public void Invoke(GemmArguments* arguments)
    {
        if (_emulated != GemmKernelFlags.None)
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
        if (_code != 0)
        {
            ((delegate* unmanaged<GemmArguments*, void>)_code)(arguments);
        }
        else
        {
            PortableGemm.Run(arguments, Rows);
        }
    }

    /// <summary>Computes the sums of one tile after the other in a small memory, and finishes them in C#.</summary>
    private void InvokeEmulated(GemmArguments* arguments)
    {
        float* sums = stackalloc float[Rows * Panels * GemmReference.PanelColumns];
        for (; arguments->Tiles > 0; arguments->Tiles--)
        {
            GemmArguments raw = *arguments;
            raw.C = (byte*)sums;
            raw.CStride = Panels * GemmReference.PanelColumns * sizeof(float);
            raw.Tiles = 1;
            InvokeCode(&raw);
            GemmReference.Finish(sums, arguments, Rows, Panels, _emulated);
            arguments->A += arguments->AStride * Rows;
            arguments->AddedA += arguments->AddedAStride * Rows;
            arguments->C += arguments->CStride * Rows;
            arguments->Addend += arguments->AddendStride * Rows;
        }
    }
}
