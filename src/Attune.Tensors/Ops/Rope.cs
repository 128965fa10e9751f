using Attune.Tensors.Autograd;

namespace Attune.Tensors;

/// <summary>Rotary position embedding (Su et al. 2021).</summary>
/// <remarks>
/// Shapes: x [N, H, D], tables F32 [P, R / 2], positions I32 [N]; the first R of D dimensions are rotated. Math: for each pair (a, b) at position p:
/// (a cos - b sin, b cos + a sin). The pairs are (i, i + R/2), or (2i, 2i + 1) when interleaved. Gradient: the rotation by the opposite angle.
/// </remarks>
public static class RopeOp
{
    extension(Tensor x)
    {
        /// <summary>Rotates every head by the angles of its token's position.</summary>
        /// <exception cref="TensorException">The shapes do not fit.</exception>
        public Tensor Rope(Tensor cos, Tensor sin, Tensor positions, bool interleaved = false)
        {
            if (x.Shape.Rank != 3 || cos.Shape != sin.Shape || cos.Shape.Rank != 2 || 2 * cos.Shape[1] > x.Shape[2] || positions.Count != x.Shape[0]
                || positions.DType != DType.I32 || cos.DType != DType.F32 || sin.DType != DType.F32)
            {
                throw new TensorException($"rope: expected x [N, H, D], F32 tables [P, R/2] and I32 positions [N], found {x}, {cos}, {sin} and {positions}");
            }

            Tensor source = x.Contiguous();
            Tensor cosines = cos.Contiguous();
            Tensor sines = sin.Contiguous();
            Tensor places = positions.Contiguous();
            Tensor y = x.Device.Empty(x.Shape, x.DType);
            Rotate(source, cosines, sines, places, interleaved, inverse: false, y, accumulate: false);
            if (x.Device.Tape.Record<RopeNode>(source) is { } node)
            {
                node.Cos = node.Save(cosines);
                node.Sin = node.Save(sines);
                node.Positions = node.Save(places);
                node.Interleaved = interleaved;
                Tape.Produce(node, y);
            }

            return y;
        }
    }

    private static void Rotate(Tensor x, Tensor cos, Tensor sin, Tensor positions, bool interleaved, bool inverse, Tensor y, bool accumulate)
    {
        if (x.Device.Backend.TryRope(x, cos, sin, positions, interleaved, inverse, y, accumulate))
        {
            return;
        }

        using var pause = x.Device.Tape.Pause();
        Tensor wide = x.Cast(DType.F32);
        long pairs = cos.Shape[1];
        long rest = x.Shape[2] - (2 * pairs);
        Tensor c = cos.Embedding(positions).Reshape(x.Shape[0], 1, pairs);
        Tensor s = sin.Embedding(positions).Reshape(x.Shape[0], 1, pairs).Affine(inverse ? -1 : 1);
        Tensor a = Part(wide, 0, pairs, interleaved);
        Tensor b = Part(wide, 1, pairs, interleaved);
        Tensor result = x.Device.Empty(x.Shape, DType.F32);
        x.Device.Backend.Copy(a.Mul(c).Sub(b.Mul(s)), Part(result, 0, pairs, interleaved));
        x.Device.Backend.Copy(b.Mul(c).Add(a.Mul(s)), Part(result, 1, pairs, interleaved));
        if (rest > 0)
        {
            x.Device.Backend.Copy(NarrowOp.Range(wide, 2, 2 * pairs, rest), NarrowOp.Range(result, 2, 2 * pairs, rest));
        }

        x.Device.Backend.Axpy(1, result, accumulate ? 1 : 0, y);
    }

    /// <summary>The first or second members of all pairs, [N, H, R/2].</summary>
    private static Tensor Part(Tensor x, int member, long pairs, bool interleaved)
    {
        Shape shape = x.Shape.With(2, pairs);
        return interleaved
            ? x.Device.View(x, shape, Shape.FromStrides([x.Strides[0], x.Strides[1], 2]), x.Offset + member)
            : x.Device.View(x, shape, x.Strides, x.Offset + (member * pairs));
    }

    private sealed class RopeNode : Node<RopeNode>
    {
        public Tensor Cos { get; set; } = null!;

        public Tensor Sin { get; set; } = null!;

        public Tensor Positions { get; set; } = null!;

        public bool Interleaved { get; set; }

        protected internal override void Backward()
        {
            Tensor dX = GradientOf(0, out bool accumulate);
            Rotate(Upstream, Cos, Sin, Positions, Interleaved, inverse: true, dX, accumulate);
        }
    }
}
