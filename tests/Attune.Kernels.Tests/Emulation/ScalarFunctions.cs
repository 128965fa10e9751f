namespace Attune.Kernels.Tests.Emulation;

/// <summary>Instructions that are more than one operation on a number (Intel SDM, volume 2).</summary>
internal static class ScalarFunctions
{
    private const int ReciprocalBits = 14;

    /// <summary>VSCALEFPS: a times 2 to the power of b rounded down.</summary>
    public static float Scale(float a, float b)
    {
        if (float.IsNaN(a) || float.IsNaN(b))
        {
            return float.IsNaN(a) ? a : b;
        }

        if ((float.IsInfinity(a) && float.IsNegativeInfinity(b)) || (a == 0 && float.IsPositiveInfinity(b)))
        {
            return float.NaN;
        }

        // Double precision has the number exactly, so it is rounded once; what is beyond it is 0 or infinite in single precision, too.
        return (float)Math.ScaleB(a, (int)Math.Floor(Math.Clamp(b, -600f, 600f)));
    }

    /// <summary>VREDUCEPS: x less x rounded down, a difference that is rounded down itself; 0 for what is infinite.</summary>
    public static float Fraction(float x)
    {
        if (float.IsInfinity(x))
        {
            return 0;
        }

        float whole = MathF.Floor(x);
        if (x == whole)
        {
            return -0f;
        }

        // What rounding to nearest has added, exactly.
        float difference = x - whole;
        float added = difference - x;
        float error = (x - (difference - added)) + (-whole - added);
        return error < 0 ? MathF.BitDecrement(difference) : difference;
    }

    /// <summary>VRCP14PS: 1 / x with a relative error below 2^-14. Processors differ in the bits behind.</summary>
    public static float Reciprocal(float x)
    {
        if (float.IsNaN(x))
        {
            return x;
        }

        const int Cut = 23 - ReciprocalBits;
        uint bits = BitConverter.SingleToUInt32Bits(1 / x);
        return float.IsNormal(1 / x) ? BitConverter.UInt32BitsToSingle((bits + (1u << (Cut - 1))) >> Cut << Cut) : 1 / x;
    }
}
