using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Simd;
using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Attention;

/// <summary>Some keys and a block of queries on the way from the products K Q^T and V dY^T to P^T and dS^T.</summary>
internal unsafe struct ScoreGradientTile
{
    /// <summary>K Q^T, rows <see cref="Width"/> floats apart. There must be room for an even number of keys, here and in all others.</summary>
    public float* Products;

    /// <summary>V dY^T, as far apart.</summary>
    public float* WeightGradients;

    /// <summary>Receives P^T.</summary>
    public byte* Weights;

    /// <summary>Receives dS^T.</summary>
    public byte* ScoreGradients;

    /// <summary>Bytes from a row of <see cref="Weights"/> and <see cref="ScoreGradients"/> to the next.</summary>
    public nint RowBytes;

    /// <summary>Receives dS^T once more, packed, from the first key of the tile on.</summary>
    public Panels Panels;

    public int FirstKey;

    public int Keys;

    public int Width;

    /// <summary>Whether some row does not see some key.</summary>
    public bool IsMasked;

    /// <summary>dS = P (dP - delta), led back to the products.</summary>
    public void Run<V>(in AttentionProblem problem, in GradientBlockMemory block)
        where V : struct, IVec<V>
    {
        if (problem.HasEmittedSoftmax)
        {
            RunEmitted(problem.Scale, block);
        }
        else if (problem.Products.Storage == DType.BF16)
        {
            Run<V, BF16Element>(new Scores(problem), block);
        }
        else
        {
            Run<V, F32Element>(new Scores(problem), block);
        }
    }

    private readonly void RunEmitted(float scale, in GradientBlockMemory block)
    {
        var arguments = new ScoreGradientArguments
        {
            Products = Products,
            WeightGradients = WeightGradients,
            Stride = Width * sizeof(float),
            Weights = Weights,
            ScoreGradients = ScoreGradients,
            RowBytes = RowBytes,
            Panels = Panels.Start,
            PanelStride = Panels.Stride,
            Width = Width / PanelLayout.PanelRows,
            Pairs = (Keys + 1) / 2,
            Statistics = block.Shift,
            Range = block.First,
            FirstKey = FirstKey,
            Scale = scale,
            BinaryScale = scale * VecMath.BinaryLogarithmOfE,
        };
        SoftmaxKernels.Gradient(IsMasked, &arguments);
    }

    private readonly void Run<V, E>(Scores score, in GradientBlockMemory block)
        where V : struct, IVec<V>
        where E : struct, IElement
    {
        for (int j = 0; j < Keys; j += 2)
        {
            Pair<V, E>(score, block, j);
        }
    }

    [MethodImpl(Compile.Loop)]
    private readonly void Pair<V, E>(Scores score, in GradientBlockMemory block, int j)
        where V : struct, IVec<V>
        where E : struct, IElement
    {
        // In locals, which the stores below cannot change as far as the compiler knows.
        float* products = Products + ((nint)j * Width);
        float* gradients = WeightGradients + ((nint)j * Width);
        byte* weights = Weights + (j * RowBytes);
        byte* scoreGradients = ScoreGradients + (j * RowBytes);
        byte* panel = Panels.Start + ((nint)j * E.Bytes * PanelLayout.PanelRows);
        nint rowBytes = RowBytes;
        nint panelStride = Panels.Stride;
        int width = Width;
        bool masked = IsMasked;
        float* shifts = block.Shift;
        float* inverses = block.Inverse;
        float* deltas = block.Delta;
        V first = V.Create((float)(FirstKey + j));
        V second = V.Create((float)(FirstKey + j + 1));
        for (int m = 0; m < width; m += V.Count)
        {
            V shift = V.Load(shifts + m);
            V exponent0;
            V exponent1;
            V derivative0;
            V derivative1;
            if (score.IsBent)
            {
                V slope = V.Load(block.Slope + m);
                V position = V.Load(block.Position + m);
                exponent0 = score.Exponent(V.Load(products + m), slope, first - position, shift, out derivative0);
                exponent1 = score.Exponent(V.Load(products + width + m), slope, second - position, shift, out derivative1);
            }
            else
            {
                derivative0 = derivative1 = V.Create(score.Scale);
                exponent0 = V.Fma(V.Load(products + m), derivative0, shift);
                exponent1 = V.Fma(V.Load(products + width + m), derivative0, shift);
            }

            V inverse = V.Load(inverses + m);
            V delta = V.Load(deltas + m);
            V weight0 = VecMath.ExpNonPositive(exponent0) * inverse;
            V weight1 = VecMath.ExpNonPositive(exponent1) * inverse;
            V gradient0 = weight0 * (V.Load(gradients + m) - delta) * derivative0;
            V gradient1 = weight1 * (V.Load(gradients + width + m) - delta) * derivative1;
            if (masked)
            {
                V from = V.Load(block.First + m);
                V to = V.Load(block.End + m);
                V seen0 = V.LessOrEqual(from, first) & V.Less(first, to);
                V seen1 = V.LessOrEqual(from, second) & V.Less(second, to);
                weight0 &= seen0;
                weight1 &= seen1;
                gradient0 &= seen0;
                gradient1 &= seen1;
            }

            E.Store(weights, m, weight0);
            E.Store(weights + rowBytes, m, weight1);
            E.Store(scoreGradients, m, gradient0);
            E.Store(scoreGradients + rowBytes, m, gradient1);
            E.StoreDepths(panel + (m / PanelLayout.PanelRows * panelStride) + (m % PanelLayout.PanelRows * sizeof(float)), gradient0, gradient1);
        }
    }
}
