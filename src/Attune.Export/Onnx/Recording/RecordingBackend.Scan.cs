using Attune.Tensors;

namespace Attune.Export.Onnx.Recording;

/// <summary>The scan of a state space, in the form in which it looks like attention: all pairs of tokens at once (Dao and Gu 2024).</summary>
internal sealed partial class RecordingBackend
{
    /// <summary>What lies before the exponential of pairs that do not count.</summary>
    private const double Never = -1e30;

    /// <summary>y_i = sum over j up to i of (c_i b_j) e^(decay of j + 1 to i) x_j, [N, H, P].</summary>
    private string Scanned(Tensor x, Tensor decay, Tensor b, Tensor c, BatchValues batch)
    {
        (long heads, long size) = (x.Shape[1], x.Shape[2]);
        (long groups, long states) = (b.Shape[1], b.Shape[2]);
        string read = _graph.Node("Transpose", [batch.Padded(Operand(c), groups, 1, states)], Permutation(0, 2, 3, 1, 4));
        string written = _graph.Node("Transpose", [batch.Padded(Operand(b), groups, 1, states)], Permutation(0, 2, 3, 4, 1));
        string values = _graph.Node("Transpose", [batch.Padded(Operand(x), groups, heads / groups, size)], Permutation(0, 2, 3, 1, 4));
        string logarithms = _graph.Node("Mul", [batch.Padded(Operand(decay), heads), batch.MaskColumn]);
        string sums = batch.Padded(_graph.Node("CumSum", [logarithms, _graph.Integer(1)]), groups, heads / groups);
        sums = _graph.Node("Transpose", [sums], Permutation(0, 2, 3, 1));
        string between = _graph.Node("Sub", [_graph.Unsqueeze(sums, 4), _graph.Unsqueeze(sums, 3)]);
        string seen = AttentionMask.Of(_graph, batch, batch, new AttentionOptions(1));
        string weights = _graph.Node("Exp", [_graph.Node("Where", [seen, between, _graph.Single(Never)])]);
        string mixed = _graph.Node("MatMul", [_graph.Node("Mul", [_graph.Node("MatMul", [read, written]), weights]), values]);
        return _graph.Node("Reshape", [_graph.Node("Transpose", [mixed], Permutation(0, 3, 1, 2, 4)), _graph.Integers(-1, heads, size)]);
    }
}
