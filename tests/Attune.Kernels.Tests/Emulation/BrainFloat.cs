using System.Runtime.Intrinsics;

namespace Attune.Kernels.Tests.Emulation;

/// <summary>bf16 as the manual describes its instructions (Intel SDM, volume 2): subnormal numbers count as 0 and become 0, sums are rounded to nearest, ties to even, whatever MXCSR says.</summary>
internal static class BrainFloat
{
    private static readonly Vector512<float> SmallestNormal = Vector512.Create(1.17549435e-38f);

    /// <summary>VDPBF16PS: the second numbers of pairs are multiplied and added first, then the first ones, each with one rounding.</summary>
    public static Vector512<uint> AddProducts(Vector512<uint> sum, Vector512<uint> a, Vector512<uint> b) =>
        MultiplyAdd(First(a), First(b), MultiplyAdd(Second(a), Second(b), Flush(sum.AsSingle()))).AsUInt32();

    /// <summary>a b + c in one rounding.</summary>
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Flush(Vector512.FusedMultiplyAdd(a, b, c));

    /// <summary>The first numbers of pairs.</summary>
    public static Vector512<float> First(Vector512<uint> pairs) => Flush((pairs << 16).AsSingle());

    /// <summary>The second numbers of pairs.</summary>
    public static Vector512<float> Second(Vector512<uint> pairs) => Flush((pairs & Vector512.Create(0xFFFF_0000)).AsSingle());

    /// <summary>Subnormal numbers become 0 of their sign.</summary>
    public static Vector512<float> Flush(Vector512<float> x)
    {
        Vector512<float> sign = (x.AsUInt32() & Vector512.Create(0x8000_0000)).AsSingle();
        return Vector512.ConditionalSelect(Vector512.LessThan(Vector512.Abs(x), SmallestNormal), sign, x);
    }

    /// <summary>VCVTNEPS2BF16 of 16 numbers: the results in the lower halves of their lanes.</summary>
    public static Vector512<uint> Round(Vector512<uint> x)
    {
        Vector512<uint> flushed = Flush(x.AsSingle()).AsUInt32();
        Vector512<uint> rounded = (flushed + Vector512.Create(0x7FFFu) + ((flushed >>> 16) & Vector512<uint>.One)) >>> 16;
        Vector512<uint> quiet = (x >>> 16) | Vector512.Create(0x40u);
        return Vector512.ConditionalSelect(Vector512.Equals(x.AsSingle(), x.AsSingle()).AsUInt32(), rounded, quiet);
    }
}
