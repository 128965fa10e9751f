namespace Attune.Tensors;

/// <summary>Softmax with an attention sink (gpt-oss; Xiao et al. 2023).</summary>
public static class SinkSoftmaxOp
{
    extension(Tensor scores)
    {
        /// <summary>
        /// Softmax of the rows of scores [..., H, Q, K] in which one more logit per head takes part in the sum and is left out of the result.
        /// </summary>
        /// <param name="sink">[H], of the type of the scores.</param>
        /// <exception cref="TensorException">The shapes or types do not fit.</exception>
        public Tensor SinkSoftmax(Tensor sink)
        {
            if (scores.Shape.Rank < 3 || sink.Shape.Rank != 1 || sink.Shape[0] != scores.Shape[-3] || sink.DType != scores.DType)
            {
                throw new TensorException($"sink softmax: expected scores [..., H, Q, K] and a sink [H] of one type, found {scores} and {sink}");
            }

            Tensor column = sink.Reshape(sink.Count, 1, 1).Expand(scores.Shape.With(-1, 1));
            return scores.Concat(column, -1).Softmax().Narrow(-1, 0, scores.Shape[-1]);
        }
    }
}
