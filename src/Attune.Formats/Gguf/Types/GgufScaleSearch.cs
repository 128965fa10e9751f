namespace Attune.Formats;

/// <summary>Searches of ggml's reference for the scale (and the minimum) with which codes come nearest to values.</summary>
/// <remarks>Sums and products are rounded one by one in the reference's order, so the codes are its codes. Source: ggml-quants.c of ggml, make_qx_quants and make_qkx2_quants.</remarks>
internal static class GgufScaleSearch
{
    private const float NearlyZero = 1e-15f;

    /// <summary>The nearest integer; halves go to the even one.</summary>
    public static int Nearest(float value) => (int)MathF.Round(value, MidpointRounding.ToEven);

    /// <summary>Codes from -<paramref name="most"/> to <paramref name="most"/> - 1 around zero; errors of large values weigh more.</summary>
    /// <param name="values">The values.</param>
    /// <param name="codes">The codes, each larger by <paramref name="most"/>.</param>
    /// <param name="most">Half the number of codes.</param>
    /// <returns>The scale; 0 when all values are nearly zero.</returns>
    public static float Symmetric(ReadOnlySpan<float> values, Span<byte> codes, int most)
    {
        float largest = GgufBlocks.Largest(values);
        if (MathF.Abs(largest) < NearlyZero)
        {
            codes[..values.Length].Clear();
            return 0;
        }

        float inverse = -most / largest;
        (float product, float square) = Fit(values, inverse, most);
        float scale = square != 0 ? product / square : 0;
        float best = scale * product;
        for (int step = -9; step <= 9; step++)
        {
            float tried = -(most + (0.1f * step)) / largest;
            (product, square) = step == 0 ? default : Fit(values, tried, most);
            if (square > 0 && product * product > best * square)
            {
                inverse = tried;
                scale = product / square;
                best = scale * product;
            }
        }

        for (int i = 0; i < values.Length; i++)
        {
            codes[i] = (byte)(most + Math.Clamp(Nearest(inverse * values[i]), -most, most - 1));
        }

        return scale;
    }

    /// <summary>Codes from 0 to <paramref name="most"/> above a minimum, with given weights of the errors.</summary>
    /// <param name="values">The values.</param>
    /// <param name="weights">What the square of each error counts.</param>
    /// <param name="codes">The codes.</param>
    /// <param name="most">The largest code.</param>
    /// <returns>The scale, and what is subtracted (at least 0).</returns>
    public static (float Scale, float Minimum) Shifted(ReadOnlySpan<float> values, ReadOnlySpan<float> weights, Span<byte> codes, int most)
    {
        const int Steps = 20;
        float min = values[0];
        float max = values[0];
        float weightSum = 0;
        float valueSum = 0;
        for (int i = 0; i < values.Length; i++)
        {
            min = MathF.Min(min, values[i]);
            max = MathF.Max(max, values[i]);
            weightSum += weights[i];
            valueSum += weights[i] * values[i];
        }

        min = MathF.Min(min, 0);
        if (max == min)
        {
            codes[..values.Length].Clear();
            return (0, -min);
        }

        float inverse = most / (max - min);
        float scale = 1 / inverse;
        Encode(values, codes, inverse, min, most);
        float best = Error(values, weights, codes, scale, min);
        Span<byte> tried = stackalloc byte[values.Length];
        for (int step = 0; step <= Steps; step++)
        {
            // The minimum that was found best so far is where the next try begins.
            Encode(values, tried, (-1f + (0.1f * step) + most) / (max - min), min, most);
            float codeSum = 0;
            float codeSquare = 0;
            float product = 0;
            for (int i = 0; i < values.Length; i++)
            {
                codeSum += weights[i] * tried[i];
                codeSquare += weights[i] * tried[i] * tried[i];
                product += weights[i] * tried[i] * values[i];
            }

            float determinant = (weightSum * codeSquare) - (codeSum * codeSum);
            if (determinant <= 0)
            {
                continue;
            }

            float triedScale = ((weightSum * product) - (valueSum * codeSum)) / determinant;
            float triedMin = ((codeSquare * valueSum) - (codeSum * product)) / determinant;
            if (triedMin > 0)
            {
                (triedMin, triedScale) = (0, product / codeSquare);
            }

            float error = Error(values, weights, tried, triedScale, triedMin);
            if (error < best)
            {
                tried.CopyTo(codes);
                (best, scale, min) = (error, triedScale, triedMin);
            }
        }

        return (scale, -min);
    }

    private static (float Product, float Square) Fit(ReadOnlySpan<float> values, float inverse, int most)
    {
        float product = 0;
        float square = 0;
        foreach (float value in values)
        {
            int code = Math.Clamp(Nearest(inverse * value), -most, most - 1);
            float weight = value * value;
            product += weight * value * code;
            square += weight * code * code;
        }

        return (product, square);
    }

    private static void Encode(ReadOnlySpan<float> values, Span<byte> codes, float inverse, float min, int most)
    {
        for (int i = 0; i < values.Length; i++)
        {
            codes[i] = (byte)Math.Clamp(Nearest(inverse * (values[i] - min)), 0, most);
        }
    }

    private static float Error(ReadOnlySpan<float> values, ReadOnlySpan<float> weights, ReadOnlySpan<byte> codes, float scale, float min)
    {
        float sum = 0;
        for (int i = 0; i < values.Length; i++)
        {
            float difference = (scale * codes[i]) + min - values[i];
            sum += weights[i] * (difference * difference);
        }

        return sum;
    }
}
