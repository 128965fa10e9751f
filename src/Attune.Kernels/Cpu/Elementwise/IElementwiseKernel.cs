using Attune.Kernels.Cpu.Simd;

namespace Attune.Kernels.Cpu.Elementwise;

/// <summary>An operation on one vector of each operand. It is written once and compiled for every width and element type.</summary>
internal interface IElementwiseKernel
{
    /// <summary>Operands, inputs first.</summary>
    static abstract int Operands { get; }

    /// <summary>How many of the operands, the last ones, are written.</summary>
    static abstract int Outputs { get; }

    /// <summary>Whether the old values of the outputs are read.</summary>
    bool ReadsOutputs { get; }

    /// <summary>Computes the elements from <paramref name="i"/> on.</summary>
    /// <param name="p">The operands.</param>
    /// <param name="i">Place in the operands.</param>
    /// <param name="index">Row-major number of the first element.</param>
    void Step<V, E>(in Pointers p, nint i, long index)
        where V : struct, IVec<V>
        where E : struct, IElement;
}
