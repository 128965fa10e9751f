namespace Attune.Tensors.Backends;

/// <summary>The primitives one element at a time, in double precision: the definition that fast implementations are compared with.</summary>
public static class ScalarMath
{
    private const double GeluTanhFactor = 0.79788456080286535588; // sqrt(2 / pi)
    private const double GeluTanhCubic = 0.044715;
    private const double QuickGeluFactor = 1.702;

    /// <summary>f(x).</summary>
    public static double Map(MapKind kind, double x, double parameter) => kind switch
    {
        MapKind.Neg => -x,
        MapKind.Abs => Math.Abs(x),
        MapKind.Exp => Math.Exp(x),
        MapKind.Log => Math.Log(x),
        MapKind.Sqrt => Math.Sqrt(x),
        MapKind.Rsqrt => 1 / Math.Sqrt(x),
        MapKind.Reciprocal => 1 / x,
        MapKind.Square => x * x,
        MapKind.Sin => Math.Sin(x),
        MapKind.Cos => Math.Cos(x),
        MapKind.Tanh => Math.Tanh(x),
        MapKind.Sigmoid => Sigmoid(x),
        MapKind.Relu => x > 0 ? x : double.IsNaN(x) ? x : 0,
        MapKind.Silu => x * Sigmoid(x),
        MapKind.Gelu => x * NormalCdf(x),
        MapKind.GeluTanh => 0.5 * x * (1 + Math.Tanh(GeluTanhFactor * (x + (GeluTanhCubic * x * x * x)))),
        MapKind.QuickGelu => x * Sigmoid(QuickGeluFactor * x),
        MapKind.Softplus => Math.Max(x, 0) + LogOnePlus(Math.Exp(-Math.Abs(x))),
        MapKind.Clip => double.IsNaN(x) ? x : Math.Clamp(x, -parameter, parameter),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a map"),
    };

    /// <summary>f'(x).</summary>
    public static double MapDerivative(MapKind kind, double x, double parameter)
    {
        switch (kind)
        {
            case MapKind.Neg:
                return -1;
            case MapKind.Abs:
                return double.IsNaN(x) ? x : Math.Sign(x);
            case MapKind.Exp:
                return Math.Exp(x);
            case MapKind.Log:
                return 1 / x;
            case MapKind.Sqrt:
                return 0.5 / Math.Sqrt(x);
            case MapKind.Rsqrt:
                return -0.5 / (x * Math.Sqrt(x));
            case MapKind.Reciprocal:
                return -1 / (x * x);
            case MapKind.Square:
                return 2 * x;
            case MapKind.Sin:
                return Math.Cos(x);
            case MapKind.Cos:
                return -Math.Sin(x);
            case MapKind.Tanh:
                double t = Math.Tanh(x);
                return 1 - (t * t);
            case MapKind.Sigmoid:
                double s = Sigmoid(x);
                return s * (1 - s);
            case MapKind.Relu:
                return x > 0 ? 1 : 0;
            case MapKind.Silu:
                double g = Sigmoid(x);
                return g * (1 + (x * (1 - g)));
            case MapKind.Gelu:
                return NormalCdf(x) + (x * Math.Exp(-0.5 * x * x) / Math.Sqrt(2 * Math.PI));
            case MapKind.GeluTanh:
                double u = Math.Tanh(GeluTanhFactor * (x + (GeluTanhCubic * x * x * x)));
                return (0.5 * (1 + u)) + (0.5 * x * (1 - (u * u)) * GeluTanhFactor * (1 + (3 * GeluTanhCubic * x * x)));
            case MapKind.QuickGelu:
                double q = Sigmoid(QuickGeluFactor * x);
                return q * (1 + (QuickGeluFactor * x * (1 - q)));
            case MapKind.Softplus:
                return Sigmoid(x);
            case MapKind.Clip:
                return x >= -parameter && x <= parameter ? 1 : 0;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a map");
        }
    }

    /// <summary>f(a, b); comparisons give 1 or 0.</summary>
    public static double Zip(ZipKind kind, double a, double b) => kind switch
    {
        ZipKind.Add => a + b,
        ZipKind.Sub => a - b,
        ZipKind.Mul => a * b,
        ZipKind.Div => a / b,
        ZipKind.Max => Math.Max(a, b),
        ZipKind.Min => Math.Min(a, b),
        ZipKind.Equal => a == b ? 1 : 0,
        ZipKind.Less => a < b ? 1 : 0,
        ZipKind.LessOrEqual => a <= b ? 1 : 0,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a zip"),
    };

    /// <summary>The error function to double precision: its series near 0, its continued fraction (Lentz) beyond.</summary>
    public static double Erf(double x)
    {
        double a = Math.Abs(x);
        if (a < 2.5)
        {
            // erf(x) = 2/sqrt(pi) e^(-x^2) sum_n 2^n x^(2n+1) / (2n+1)!!: all terms of one sign, no cancellation.
            double term = a;
            double sum = a;
            for (int n = 1; term > sum * 1e-17; n++)
            {
                term *= 2 * a * a / ((2 * n) + 1);
                sum += term;
            }

            return Math.CopySign(2 / Math.Sqrt(Math.PI) * Math.Exp(-a * a) * sum, x);
        }

        return double.IsNaN(x) ? x : Math.CopySign(1 - ErfcTail(a), x);
    }

    private static double NormalCdf(double x)
    {
        double a = Math.Abs(x) / Math.Sqrt(2);
        if (a < 2.5)
        {
            return 0.5 * (1 + Erf(x / Math.Sqrt(2)));
        }

        double tail = 0.5 * ErfcTail(a);
        return x < 0 ? tail : 1 - tail;
    }

    /// <summary>erfc(a) for a of at least 2.5: e^(-a^2) / sqrt(pi) / (a + 1/2 / (a + 1 / (a + 3/2 / ...))).</summary>
    private static double ErfcTail(double a)
    {
        double fraction = a;
        for (int n = 60; n >= 1; n--)
        {
            fraction = a + (n / 2.0 / fraction);
        }

        return Math.Exp(-a * a) / (Math.Sqrt(Math.PI) * fraction);
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    /// <summary>log(1 + x) without loss for small x.</summary>
    private static double LogOnePlus(double x) => x < 1e-5 ? x * (1 - (x * (0.5 - (x / 3)))) : Math.Log(1 + x);
}
