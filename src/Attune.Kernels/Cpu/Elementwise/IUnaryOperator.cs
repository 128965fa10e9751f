using Attune.Kernels.Cpu.Simd;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Cpu.Elementwise;

/// <summary>A function of one variable and its derivative.</summary>
internal interface IUnaryOperator
{
    static abstract V Value<V>(V x, V parameter)
        where V : struct, IVec<V>;

    static abstract V Slope<V>(V x, V parameter)
        where V : struct, IVec<V>;
}

/// <summary>What to do with the operator of a <see cref="MapKind"/>.</summary>
internal interface IUnaryVisitor
{
    void Visit<TOperator>()
        where TOperator : struct, IUnaryOperator;
}

/// <summary>The operators of all <see cref="MapKind"/>s.</summary>
internal static class UnaryOperators
{
    public static void Dispatch<TVisitor>(MapKind kind, TVisitor visitor)
        where TVisitor : struct, IUnaryVisitor, allows ref struct
    {
        switch (kind)
        {
            case MapKind.Neg:
                visitor.Visit<NegOperator>();
                break;
            case MapKind.Abs:
                visitor.Visit<AbsOperator>();
                break;
            case MapKind.Exp:
                visitor.Visit<ExpOperator>();
                break;
            case MapKind.Log:
                visitor.Visit<LogOperator>();
                break;
            case MapKind.Sqrt:
                visitor.Visit<SqrtOperator>();
                break;
            case MapKind.Rsqrt:
                visitor.Visit<RsqrtOperator>();
                break;
            case MapKind.Reciprocal:
                visitor.Visit<ReciprocalOperator>();
                break;
            case MapKind.Square:
                visitor.Visit<SquareOperator>();
                break;
            case MapKind.Sin:
                visitor.Visit<SinOperator>();
                break;
            case MapKind.Cos:
                visitor.Visit<CosOperator>();
                break;
            case MapKind.Tanh:
                visitor.Visit<TanhOperator>();
                break;
            case MapKind.Sigmoid:
                visitor.Visit<SigmoidOperator>();
                break;
            case MapKind.Relu:
                visitor.Visit<ReluOperator>();
                break;
            case MapKind.Silu:
                visitor.Visit<SiluOperator>();
                break;
            case MapKind.Gelu:
                visitor.Visit<GeluOperator>();
                break;
            case MapKind.GeluTanh:
                visitor.Visit<GeluTanhOperator>();
                break;
            case MapKind.QuickGelu:
                visitor.Visit<QuickGeluOperator>();
                break;
            case MapKind.Softplus:
                visitor.Visit<SoftplusOperator>();
                break;
            case MapKind.Clip:
                visitor.Visit<ClipOperator>();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a map");
        }
    }
}
