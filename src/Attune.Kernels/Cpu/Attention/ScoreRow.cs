using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Simd;
using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Attention;

/// <summary>What happens to one row of products of a query with keys on the way to its softmax. Rows have room for whole vectors of 16.</summary>
internal static unsafe class ScoreRow<V>
    where V : struct, IVec<V>
{
    /// <summary>Soft cap and ALiBi.</summary>
    /// <param name="scores">The row.</param>
    /// <param name="count">Keys.</param>
    /// <param name="score">Scale and soft cap.</param>
    /// <param name="slope">ALiBi slope of the head.</param>
    /// <param name="distance">Position of the first key less that of the query.</param>
    [MethodImpl(Compile.Loop)]
    public static void Bend(float* scores, int count, Scores score, float slope, int distance)
    {
        for (int j = 0; j < count; j += V.Count)
        {
            V.Store(scores + j, score.Of(V.Load(scores + j)));
        }

        for (int j = 0; slope != 0 && j < count; j++)
        {
            scores[j] += slope * (distance + j);
        }
    }

    /// <summary>Makes what is behind the scores, up to a whole vector of 16, weigh nothing.</summary>
    public static void Hide(float* scores, int count) => new Span<float>(scores + count, -count & 15).Fill(float.NegativeInfinity);

    /// <summary>The largest score.</summary>
    [MethodImpl(Compile.Loop)]
    public static float Largest(float* scores, int count, float scale)
    {
        V factor = V.Create(scale);
        V a = V.Create(float.NegativeInfinity);
        V b = a;
        int j = 0;
        for (; j <= count - (2 * V.Count); j += 2 * V.Count)
        {
            a = V.MaxFast(a, V.Load(scores + j) * factor);
            b = V.MaxFast(b, V.Load(scores + j + V.Count) * factor);
        }

        for (; j < count; j += V.Count)
        {
            a = V.MaxFast(a, V.Load(scores + j) * factor);
        }

        return V.LargestFast(V.MaxFast(a, b));
    }

    /// <summary>What the emitted kernel does, for weights in a storage type.</summary>
    public static void Weigh(in WeightArguments arguments, DType storage)
    {
        for (int row = 0; row < arguments.Rows; row++)
        {
            var scores = (float*)((byte*)arguments.Scores + (row * arguments.ScoreStride));
            byte* weights = arguments.Weights + (row * arguments.WeightStride);
            int seen = arguments.Seen[row];
            Hide(scores, seen);
            float largest = Math.Max(arguments.Before[row], Largest(scores, seen, arguments.Scale));
            arguments.Largest[row] = largest;
            arguments.Sums[row] = Exponentials(scores, weights, seen, arguments.Scale, largest, storage);
            int written = (seen + V.Count - 1) / V.Count * V.Count * storage.SizeInBytes;
            new Span<byte>(weights + written, Math.Max(0, (int)arguments.WeightStride - written)).Clear();
        }
    }

    /// <summary>Stores e^(scale score - largest) in a storage type; returns their sum.</summary>
    public static float Exponentials(float* scores, byte* weights, int count, float scale, float largest, DType storage) => storage == DType.BF16
        ? Exponentials<BF16Element>(scores, weights, count, scale, largest)
        : Exponentials<F32Element>(scores, weights, count, scale, largest);

    /// <summary>Multiplies a row.</summary>
    [MethodImpl(Compile.Loop)]
    public static void Scale(float* row, int count, float scale)
    {
        V factor = V.Create(scale);
        for (int j = 0; j < count; j += V.Count)
        {
            V.Store(row + j, V.Load(row + j) * factor);
        }
    }

    [MethodImpl(Compile.Loop)]
    private static float Exponentials<E>(float* scores, byte* weights, int count, float scale, float largest)
        where E : struct, IElement
    {
        V factor = V.Create(scale);
        V shift = V.Create(-largest);
        V sum = V.Create(0f);
        for (int j = 0; j < count; j += V.Count)
        {
            V e = VecMath.ExpNonPositive(V.Fma(V.Load(scores + j), factor, shift));
            sum += e;
            E.Store(weights, j, e);
        }

        return V.Sum(sum);
    }
}
