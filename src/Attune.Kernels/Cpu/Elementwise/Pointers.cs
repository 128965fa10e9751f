using System.Runtime.CompilerServices;

namespace Attune.Kernels.Cpu.Elementwise;

/// <summary>Where the operands of an element-wise kernel lie: inputs first, outputs last. Fields, so that the compiler keeps them in registers.</summary>
internal unsafe struct Pointers
{
    public const int Max = 7;

    public byte* P0;
    public byte* P1;
    public byte* P2;
    public byte* P3;
    public byte* P4;
    public byte* P5;
    public byte* P6;

    public byte* this[int operand]
    {
        readonly get => (byte*)Unsafe.Add(ref Unsafe.As<Pointers, nint>(ref Unsafe.AsRef(in this)), operand);
        set => Unsafe.Add(ref Unsafe.As<Pointers, nint>(ref this), operand) = (nint)value;
    }
}
