using Attune.Tensors.Autograd;

namespace Attune.Tensors;

/// <summary>Rows of a table.</summary>
public static class EmbeddingOp
{
    extension(Tensor table)
    {
        /// <summary>
        /// Rows of a table [R, C] by I32 indices of any shape: [..., C]. Gradients of repeated rows add up in order.
        /// </summary>
        /// <param name="indices">I32; each in [0, R).</param>
        /// <param name="dtype">Element type of the result; the table's when null.</param>
        /// <param name="paddingIndex">A row that is read as it is and gets no gradient; -1 for none.</param>
        /// <exception cref="TensorException">An index is out of range, or the shapes or types do not fit.</exception>
        public Tensor Embedding(Tensor indices, DType? dtype = null, int paddingIndex = -1)
        {
            if (table.Shape.Rank != 2 || indices.DType != DType.I32)
            {
                throw new TensorException($"embedding: expected a table [R, C] and I32 indices, found {table} and {indices}");
            }

            Span<long> extents = stackalloc long[indices.Shape.Rank + 1];
            indices.Shape.CopyTo(extents);
            extents[^1] = table.Shape[1];
            Tensor y = table.Device.Empty(new Shape(extents), dtype ?? table.DType);
            Tensor rows = indices.Contiguous();
            table.Device.Backend.GatherRows(table, rows, y);
            if (table.Device.Tape.Record<EmbeddingNode>(table) is { } node)
            {
                node.Indices = node.Save(rows);
                node.PaddingIndex = paddingIndex;
                Tape.Produce(node, y);
            }

            return y;
        }
    }

    private sealed class EmbeddingNode : Node<EmbeddingNode>
    {
        public Tensor Indices { get; set; } = null!;

        public int PaddingIndex { get; set; }

        protected internal override void Backward()
        {
            Tensor upstream = Device.View(Upstream, [Indices.Count, Upstream.Shape[-1]], [Upstream.Shape[-1], 1], Upstream.Offset);
            if (PaddingIndex >= 0)
            {
                Tensor indices = Device.View(Indices, [Indices.Count, 1], [1, 1], Indices.Offset);
                Tensor padding = indices.EqualTo(Device.Full([], DType.I32, PaddingIndex));
                upstream = padding.Where(Device.Zeros([], upstream.DType), upstream);
            }

            Tensor dTable = GradientOf(0, out bool accumulate);
            if (!accumulate)
            {
                Device.Backend.Fill(dTable, 0);
            }

            Device.Backend.ScatterAddRows(upstream, Indices, dTable);
        }
    }
}
