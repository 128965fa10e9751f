using Attune.Tensors.Autograd;
using Attune.Tensors.Backends;

namespace Attune.Tensors;

/// <summary>Arithmetic and comparisons of two tensors, broadcast by NumPy's rule. Both have one element type, which the result takes (Bool for comparisons).</summary>
public static class ZipOp
{
    /// <summary>The name of a kind without the garbage that turning it into text makes.</summary>
    private static readonly string[] Names = Enum.GetNames<ZipKind>();

    extension(Tensor x)
    {
        /// <summary>x + y.</summary>
        public Tensor Add(Tensor y) => Arithmetic<AddNode>(ZipKind.Add, x, y);

        /// <summary>x - y.</summary>
        public Tensor Sub(Tensor y) => Arithmetic<SubNode>(ZipKind.Sub, x, y);

        /// <summary>x y, element by element.</summary>
        public Tensor Mul(Tensor y) => Arithmetic<MulNode>(ZipKind.Mul, x, y);

        /// <summary>x / y, element by element.</summary>
        public Tensor Div(Tensor y) => Arithmetic<DivNode>(ZipKind.Div, x, y);

        /// <summary>The larger element; its gradient goes to the larger one (to <paramref name="y"/> when equal).</summary>
        public Tensor Maximum(Tensor y) => y.Less(x).Where(x, y);

        /// <summary>The smaller element; its gradient goes to the smaller one (to <paramref name="y"/> when equal).</summary>
        public Tensor Minimum(Tensor y) => x.Less(y).Where(x, y);

        /// <summary>x == y as Bool.</summary>
        public Tensor EqualTo(Tensor y) => Apply(ZipKind.Equal, x, y, DType.Bool);

        /// <summary>x &lt; y as Bool.</summary>
        public Tensor Less(Tensor y) => Apply(ZipKind.Less, x, y, DType.Bool);

        /// <summary>x &lt;= y as Bool.</summary>
        public Tensor LessOrEqual(Tensor y) => Apply(ZipKind.LessOrEqual, x, y, DType.Bool);
    }

    private static Tensor Arithmetic<TNode>(ZipKind kind, Tensor x, Tensor y)
        where TNode : ZipNode<TNode>, new()
    {
        Tensor result = Apply(kind, x, y, x.DType);
        if (x.Device.Tape.Record<TNode>(x, y) is { } node)
        {
            node.Keep(x, y);
            Tape.Produce(node, result);
        }

        return result;
    }

    private static Tensor Apply(ZipKind kind, Tensor x, Tensor y, DType dtype)
    {
        if (x.DType != y.DType)
        {
            throw new TensorException($"{kind}: element types {x.DType.SafetensorsName} and {y.DType.SafetensorsName} differ; cast one");
        }

        Shape shape = Shape.Broadcast(x.Shape, y.Shape, Names[(int)kind]);
        Tensor result = x.Device.Empty(shape, dtype);
        x.Device.Backend.Zip(kind, ExpandOp.Broadcast(x, shape), ExpandOp.Broadcast(y, shape), result);
        return result;
    }

    private abstract class ZipNode<TSelf> : Node<TSelf>
        where TSelf : ZipNode<TSelf>, new()
    {
        protected Shape LeftShape { get; set; }

        protected Shape RightShape { get; set; }

        public virtual void Keep(Tensor x, Tensor y)
        {
            LeftShape = x.Shape;
            RightShape = y.Shape;
        }

        /// <summary>f(a, b) in the shape of the upstream gradient.</summary>
        protected Tensor Zip(ZipKind kind, Tensor a, Tensor b)
        {
            Tensor result = Device.Empty(Upstream.Shape, Upstream.DType);
            Device.Backend.Zip(kind, ExpandOp.Broadcast(a, result.Shape), ExpandOp.Broadcast(b, result.Shape), result);
            return result;
        }

        protected Tensor Negated(Tensor a)
        {
            Device.Backend.Map(MapKind.Neg, a, a, 0);
            return a;
        }
    }

    private sealed class AddNode : ZipNode<AddNode>
    {
        protected internal override void Backward()
        {
            if (Needs(0))
            {
                PassGradient(0, ExpandOp.SumTo(Upstream, LeftShape));
            }

            if (Needs(1))
            {
                PassGradient(1, ExpandOp.SumTo(Upstream, RightShape));
            }
        }
    }

    private sealed class SubNode : ZipNode<SubNode>
    {
        protected internal override void Backward()
        {
            if (Needs(0))
            {
                PassGradient(0, ExpandOp.SumTo(Upstream, LeftShape));
            }

            if (Needs(1))
            {
                Tensor negative = Device.Empty(Upstream.Shape, Upstream.DType);
                Device.Backend.Map(MapKind.Neg, Upstream, negative, 0);
                PassGradient(1, ExpandOp.SumTo(negative, RightShape));
            }
        }
    }

    private sealed class MulNode : ZipNode<MulNode>
    {
        private Tensor? _x;
        private Tensor? _y;

        /// <summary>Keeps each factor only if the other one wants a gradient.</summary>
        public override void Keep(Tensor x, Tensor y)
        {
            base.Keep(x, y);
            _x = Needs(1) ? Save(x) : null;
            _y = Needs(0) ? Save(y) : null;
        }

        protected internal override void Backward()
        {
            if (Needs(0))
            {
                PassGradient(0, ExpandOp.SumTo(Zip(ZipKind.Mul, Upstream, _y!), LeftShape));
            }

            if (Needs(1))
            {
                PassGradient(1, ExpandOp.SumTo(Zip(ZipKind.Mul, Upstream, _x!), RightShape));
            }
        }
    }

    private sealed class DivNode : ZipNode<DivNode>
    {
        private Tensor? _x;
        private Tensor _y = null!;

        public override void Keep(Tensor x, Tensor y)
        {
            base.Keep(x, y);
            _x = Needs(1) ? Save(x) : null;
            _y = Save(y);
        }

        protected internal override void Backward()
        {
            Tensor quotient = Zip(ZipKind.Div, Upstream, _y);
            if (Needs(0))
            {
                PassGradient(0, ExpandOp.SumTo(quotient, LeftShape));
            }

            if (Needs(1))
            {
                // d(x / y) / dy = -(x / y) / y
                PassGradient(1, ExpandOp.SumTo(Negated(Zip(ZipKind.Mul, quotient, Zip(ZipKind.Div, _x!, _y))), RightShape));
            }
        }
    }
}
