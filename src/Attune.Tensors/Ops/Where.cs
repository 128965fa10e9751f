using Attune.Tensors.Autograd;

namespace Attune.Tensors;

/// <summary>Choice between two tensors by a condition.</summary>
public static class WhereOp
{
    extension(Tensor condition)
    {
        /// <summary>Elements of <paramref name="yes"/> where the Bool condition holds, else of <paramref name="no"/>; all three broadcast.</summary>
        public Tensor Where(Tensor yes, Tensor no)
        {
            if (yes.DType != no.DType || condition.DType != DType.Bool)
            {
                throw new TensorException($"where: expected a BOOL condition and two tensors of one type, found {condition}, {yes}, {no}");
            }

            Shape shape = Shape.Broadcast(condition.Shape, Shape.Broadcast(yes.Shape, no.Shape, "where"), "where");
            Tensor result = yes.Device.Empty(shape, yes.DType);
            yes.Device.Backend.Select(
                ExpandOp.Broadcast(condition, shape), ExpandOp.Broadcast(yes, shape), ExpandOp.Broadcast(no, shape), result);
            if (yes.Device.Tape.Record<WhereNode>(yes, no) is { } node)
            {
                node.Condition = node.Save(condition);
                node.YesShape = yes.Shape;
                node.NoShape = no.Shape;
                Tape.Produce(node, result);
            }

            return result;
        }
    }

    private sealed class WhereNode : Node<WhereNode>
    {
        public Tensor Condition { get; set; } = null!;

        public Shape YesShape { get; set; }

        public Shape NoShape { get; set; }

        protected internal override void Backward()
        {
            Tensor condition = ExpandOp.Broadcast(Condition, Upstream.Shape);
            Tensor zero = ExpandOp.Broadcast(Device.Zeros([], Upstream.DType), Upstream.Shape);
            if (Needs(0))
            {
                Tensor part = Device.Empty(Upstream.Shape, Upstream.DType);
                Device.Backend.Select(condition, Upstream, zero, part);
                PassGradient(0, ExpandOp.SumTo(part, YesShape));
            }

            if (Needs(1))
            {
                Tensor part = Device.Empty(Upstream.Shape, Upstream.DType);
                Device.Backend.Select(condition, zero, Upstream, part);
                PassGradient(1, ExpandOp.SumTo(part, NoShape));
            }
        }
    }
}
