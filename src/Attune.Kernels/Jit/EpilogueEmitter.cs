using System.Runtime.InteropServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Jit;

/// <summary>Writes what becomes of a row of sums: alpha, bias, addend, conversion, store.</summary>
/// <remarks>
/// rax and r8 walk over C and the addend, rdx and r9 are their strides, r10 is lost; r11 points to a <see cref="GemmArguments"/>.
/// From <paramref name="firstFree"/> on it takes one vector register per vector of a row for the bias, then one for alpha, one temporary one and one for rounding.
/// </remarks>
/// <param name="code">Where the instructions go.</param>
/// <param name="vectors">The vector instructions.</param>
/// <param name="rowVectors">Vectors of a row.</param>
/// <param name="firstFree">First vector register that holds no sum.</param>
/// <param name="flags">What is done.</param>
internal sealed class EpilogueEmitter(Assembler code, VectorEmitter vectors, int rowVectors, int firstFree, GemmKernelFlags flags)
{
    private readonly int _alpha = firstFree + rowVectors;
    private readonly int _temporary = firstFree + rowVectors + 1;
    private readonly int _rounding = firstFree + rowVectors + 2;

    private bool Adds => Has(GemmKernelFlags.AddF32) || Has(GemmKernelFlags.AddBF16);

    /// <summary>Loads constants and pointers.</summary>
    public void Load()
    {
        if (Has(GemmKernelFlags.Alpha))
        {
            vectors.Broadcast(_alpha, __dword_ptr[r11 + Offset(nameof(GemmArguments.Alpha))]);
        }

        if (Has(GemmKernelFlags.Bias))
        {
            code.mov(r10, Argument(nameof(GemmArguments.Bias)));
            for (int vector = 0; vector < rowVectors; vector++)
            {
                vectors.LoadF32(firstFree + vector, __[r10 + (vector * vectors.VectorBytes)], IsMasked(vector));
            }
        }

        if (Has(GemmKernelFlags.StoreBF16))
        {
            vectors.PrepareRounding(_rounding);
        }

        code.mov(rax, Argument(nameof(GemmArguments.C)));
        code.mov(rdx, Argument(nameof(GemmArguments.CStride)));
        if (Adds)
        {
            code.mov(r8, Argument(nameof(GemmArguments.Addend)));
            code.mov(r9, Argument(nameof(GemmArguments.AddendStride)));
        }
    }

    /// <summary>Finishes and stores a vector of sums, which is lost.</summary>
    /// <param name="sum">Its register.</param>
    /// <param name="vector">Its place in the row.</param>
    public void Store(int sum, int vector)
    {
        bool masked = IsMasked(vector);
        if (Has(GemmKernelFlags.Alpha) && Has(GemmKernelFlags.Bias))
        {
            vectors.MultiplyThenAdd(sum, _alpha, firstFree + vector);
        }
        else if (Has(GemmKernelFlags.Alpha))
        {
            vectors.Multiply(sum, _alpha);
        }
        else if (Has(GemmKernelFlags.Bias))
        {
            vectors.Add(sum, firstFree + vector);
        }

        if (Has(GemmKernelFlags.AddF32))
        {
            vectors.LoadF32(_temporary, __[r8 + (vector * vectors.VectorBytes)], masked);
            vectors.Add(sum, _temporary);
        }
        else if (Has(GemmKernelFlags.AddBF16))
        {
            vectors.LoadBF16(_temporary, __[r8 + (vector * vectors.VectorBytes / 2)], masked);
            vectors.Add(sum, _temporary);
        }

        if (Has(GemmKernelFlags.StoreBF16))
        {
            vectors.StoreBF16(__[rax + (vector * vectors.VectorBytes / 2)], sum, _rounding, _temporary, masked);
        }
        else
        {
            vectors.StoreF32(__[rax + (vector * vectors.VectorBytes)], sum, masked);
        }
    }

    /// <summary>Moves the pointers to the next row.</summary>
    public void NextRow()
    {
        code.add(rax, rdx);
        if (Adds)
        {
            code.add(r8, r9);
        }
    }

    /// <summary>Writes the pointers back for the next tile.</summary>
    public void Save()
    {
        code.mov(Argument(nameof(GemmArguments.C)), rax);
        if (Adds)
        {
            code.mov(Argument(nameof(GemmArguments.Addend)), r8);
        }
    }

    private static int Offset(string field) => (int)Marshal.OffsetOf<GemmArguments>(field);

    private static AssemblerMemoryOperand Argument(string field) => __[r11 + Offset(field)];

    private bool Has(GemmKernelFlags flag) => (flags & flag) != 0;

    private bool IsMasked(int vector) => Has(GemmKernelFlags.Masked) && vector == rowVectors - 1;
}
