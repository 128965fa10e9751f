using Attune.Tensors.Autograd;
using Attune.Tensors.Backends;

namespace Attune.Tensors;

/// <summary>Functions of one variable, element by element; formulas and derivatives are those of <see cref="MapKind"/>.</summary>
public static class MapOp
{
    extension(Tensor x)
    {
        /// <summary>-x.</summary>
        public Tensor Neg() => Apply(x, MapKind.Neg);

        /// <summary>|x|.</summary>
        public Tensor Abs() => Apply(x, MapKind.Abs);

        /// <summary>e^x.</summary>
        public Tensor Exp() => Apply(x, MapKind.Exp);

        /// <summary>Natural logarithm.</summary>
        public Tensor Log() => Apply(x, MapKind.Log);

        /// <summary>Square root.</summary>
        public Tensor Sqrt() => Apply(x, MapKind.Sqrt);

        /// <summary>1 / sqrt(x).</summary>
        public Tensor Rsqrt() => Apply(x, MapKind.Rsqrt);

        /// <summary>1 / x.</summary>
        public Tensor Reciprocal() => Apply(x, MapKind.Reciprocal);

        /// <summary>x^2.</summary>
        public Tensor Square() => Apply(x, MapKind.Square);

        /// <summary>Sine.</summary>
        public Tensor Sin() => Apply(x, MapKind.Sin);

        /// <summary>Cosine.</summary>
        public Tensor Cos() => Apply(x, MapKind.Cos);

        /// <summary>Hyperbolic tangent.</summary>
        public Tensor Tanh() => Apply(x, MapKind.Tanh);

        /// <summary>1 / (1 + e^-x).</summary>
        public Tensor Sigmoid() => Apply(x, MapKind.Sigmoid);

        /// <summary>max(x, 0).</summary>
        public Tensor Relu() => Apply(x, MapKind.Relu);

        /// <summary>x sigmoid(x).</summary>
        public Tensor Silu() => Apply(x, MapKind.Silu);

        /// <summary>x Phi(x), the form with the error function.</summary>
        public Tensor Gelu() => Apply(x, MapKind.Gelu);

        /// <summary>The form of GELU with the hyperbolic tangent.</summary>
        public Tensor GeluTanh() => Apply(x, MapKind.GeluTanh);

        /// <summary>x sigmoid(1.702 x).</summary>
        public Tensor QuickGelu() => Apply(x, MapKind.QuickGelu);

        /// <summary>log(1 + e^x).</summary>
        public Tensor Softplus() => Apply(x, MapKind.Softplus);

        /// <summary>x clipped to [-limit, limit].</summary>
        public Tensor Clip(double limit) => Apply(x, MapKind.Clip, limit);
    }

    private static Tensor Apply(Tensor x, MapKind kind, double parameter = 0)
    {
        Tensor y = x.Device.Empty(x.Shape, x.DType);
        x.Device.Backend.Map(kind, x, y, parameter);
        if (x.Device.Tape.Record<MapNode>(x) is { } node)
        {
            node.X = node.Save(x);
            node.Kind = kind;
            node.Parameter = parameter;
            Tape.Produce(node, y);
        }

        return y;
    }

    private sealed class MapNode : Node<MapNode>
    {
        public Tensor X { get; set; } = null!;

        public MapKind Kind { get; set; }

        public double Parameter { get; set; }

        protected internal override void Backward()
        {
            Tensor dX = GradientOf(0, out bool accumulate);
            Device.Backend.MapGradient(Kind, X, Upstream, dX, Parameter, accumulate);
        }
    }
}
