using System.Numerics;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates;

/// <summary>Python's arithmetic: whole numbers of any size, floor division, joined and repeated sequences.</summary>
internal static class Arithmetic
{
    public static Value Apply(Interpreter run, string symbol, Value a, Value b)
    {
        if (symbol == "%" && a is StringValue format)
        {
            run.ChargeFlat(format);
            return PercentFormat.Apply(run, format, b);
        }

        if (a is UndefinedValue || b is UndefinedValue)
        {
            throw (a as UndefinedValue ?? (UndefinedValue)b).Fault();
        }

        if (Number.TryInteger(a, out BigInteger x) && Number.TryInteger(b, out BigInteger y))
        {
            Value result = Integers(symbol, x, y);
            run.Charge(Number.Work(x, y) + result.Weight);
            return result;
        }

        if (Number.IsNumber(a) && Number.IsNumber(b))
        {
            Number.TryDouble(a, out double left);
            Number.TryDouble(b, out double right);
            return Floats(symbol, left, right);
        }

        return symbol switch
        {
            "+" => Join(run, a, b),
            "*" when Number.TryInteger(b, out y) => Repeat(run, a, y),
            "*" when Number.TryInteger(a, out x) => Repeat(run, b, x),
            _ => null,
        } ?? throw Mismatch(symbol, a, b);
    }

    private static TemplateFault Mismatch(string symbol, Value a, Value b) => new(
        $"'{symbol}' does not take values of type '{a.TypeName}' and '{b.TypeName}'" + (symbol == "+" && (a is StringValue || b is StringValue) ? "; use '~' to join texts" : ""));

    private static Value Integers(string symbol, BigInteger x, BigInteger y) => symbol switch
    {
        "+" => IntValue.Of(x + y),
        "-" => IntValue.Of(x - y),
        "*" => IntValue.Of(x * y),
        "/" => new FloatValue(Divide(x, NotZero(y))),
        "//" => IntValue.Of(Floor(x, NotZero(y)).Quotient),
        "%" => IntValue.Of(Floor(x, NotZero(y)).Remainder),
        _ => Power(x, y),
    };

    private static BigInteger NotZero(BigInteger divisor) => divisor.IsZero ? throw new TemplateFault("division by zero") : divisor;

    private static (BigInteger Quotient, BigInteger Remainder) Floor(BigInteger x, BigInteger y)
    {
        BigInteger quotient = BigInteger.DivRem(x, y, out BigInteger remainder);
        return remainder.Sign * y.Sign < 0 ? (quotient - 1, remainder + y) : (quotient, remainder);
    }

    private static double Divide(BigInteger x, BigInteger y)
    {
        double quotient = (double)x / (double)y;
        return double.IsFinite(quotient) && double.IsFinite((double)y) ? quotient : throw new TemplateFault("an integer is too large for a float");
    }

    private static Value Power(BigInteger x, BigInteger y)
    {
        if (y.Sign < 0)
        {
            return Floats("**", (double)NotZero(x), (double)y);
        }

        bool isUnit = BigInteger.Abs(x) <= 1;
        if (!isUnit && (y > Number.MaxBits || (x.GetBitLength() - 1) * (long)y > Number.MaxBits))
        {
            throw new TemplateFault($"an integer has more than {Number.MaxDigits} digits");
        }

        return IntValue.Of(isUnit ? (x.IsOne || x.IsZero ? (y.IsZero ? 1 : x) : y.IsEven ? 1 : -1) : BigInteger.Pow(x, (int)y));
    }

    private static FloatValue Floats(string symbol, double x, double y)
    {
        if ((y == 0 && symbol is "/" or "//" or "%") || (x == 0 && y < 0 && symbol == "**"))
        {
            throw new TemplateFault("division by zero");
        }

        return new FloatValue(symbol switch
        {
            "+" => x + y,
            "-" => x - y,
            "*" => x * y,
            "/" => x / y,
            "//" => Math.Floor((x - Modulo(x, y)) / y),
            "%" => Modulo(x, y),
            _ => Math.Pow(x, y) is var power && double.IsNaN(power) && !double.IsNaN(x) && !double.IsNaN(y)
                ? throw new TemplateFault("a negative number has no fractional power")
                : power,
        });
    }

    private static double Modulo(double x, double y)
    {
        double remainder = x % y;
        return remainder != 0 && (remainder < 0) != (y < 0) ? remainder + y : remainder;
    }

    private static Value? Join(Interpreter run, Value a, Value b)
    {
        switch (a, b)
        {
            case (StringValue x, StringValue y):
                bool isMarkup = x.IsMarkup || y.IsMarkup;
                string left = isMarkup && !x.IsMarkup ? HtmlText.Escape(x.Text) : x.Text;
                string right = isMarkup && !y.IsMarkup ? HtmlText.Escape(y.Text) : y.Text;
                run.CheckLength((long)left.Length + right.Length);
                run.Charge((left.Length + right.Length) / StringValue.CharactersPerStep);
                return new StringValue(left + right, isMarkup);
            case (SequenceValue x, SequenceValue y) when x.TypeName == y.TypeName:
                run.Charge(x.Elements.Length + y.Elements.Length);
                return x.With([.. x.Elements, .. y.Elements]);
            default:
                return null;
        }
    }

    private static Value? Repeat(Interpreter run, Value value, BigInteger times)
    {
        BigInteger total = (value is StringValue s ? s.Text.Length : value.Count ?? 0) * BigInteger.Max(times, 0);
        int count = total.IsZero ? 0 : (int)BigInteger.Min(times, int.MaxValue);
        switch (value)
        {
            case StringValue text:
                run.CheckLength((long)BigInteger.Min(total, long.MaxValue));
                run.Charge((long)total / StringValue.CharactersPerStep);
                return new StringValue(string.Concat(Enumerable.Repeat(text.Text, count)), text.IsMarkup);
            case SequenceValue sequence:
                run.Charge((long)BigInteger.Min(total, long.MaxValue));
                var elements = new Value[(int)total];
                for (int i = 0; i < elements.Length; i++)
                {
                    elements[i] = sequence.Elements[i % sequence.Elements.Length];
                }

                return sequence.With(elements);
            default:
                return null;
        }
    }
}
