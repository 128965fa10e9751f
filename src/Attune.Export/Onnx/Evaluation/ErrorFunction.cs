namespace Attune.Export.Onnx.Evaluation;

/// <summary>The error function, by its series near 0 and the continued fraction of its complement elsewhere (Abramowitz and Stegun 7.1.5 and 7.1.14).</summary>
internal static class ErrorFunction
{
    private const double SeriesUpTo = 2.5;
    private const int Terms = 60;

    public static float Of(float x)
    {
        double z = Math.Abs((double)x);
        double value = z < SeriesUpTo ? Series(z) : 1 - (Math.Exp(-z * z) / Math.Sqrt(Math.PI) / Fraction(z));
        return (float)(x < 0 ? -value : value);
    }

    private static double Series(double z)
    {
        double term = z;
        double sum = z;
        for (int n = 1; n < Terms; n++)
        {
            term *= -z * z / n;
            sum += term / ((2 * n) + 1);
        }

        return 2 / Math.Sqrt(Math.PI) * sum;
    }

    private static double Fraction(double z)
    {
        double value = z;
        for (int n = Terms; n > 0; n--)
        {
            value = z + (n / 2.0 / value);
        }

        return value;
    }
}
