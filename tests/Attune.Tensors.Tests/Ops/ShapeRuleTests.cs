using Attune.Tensors.Backends;

namespace Attune.Tensors.Tests.Ops;

/// <summary>What does not fit is refused with a message that names the operation and both shapes.</summary>
public sealed class ShapeRuleTests
{
    private static readonly Dictionary<string, (Func<Device, Tensor> Run, string[] Expected)> Cases = new()
    {
        ["add"] = (d => F(d, 2, 3).Add(F(d, 4)), ["Add", "[2, 3]", "[4]"]),
        ["add types"] = (d => F(d, 2).Add(d.Zeros([2], DType.BF16)), ["Add", "F32", "BF16"]),
        ["less"] = (d => F(d, 2, 3).Less(F(d, 3, 2)), ["Less", "[2, 3]", "[3, 2]"]),
        ["where"] = (d => d.Zeros([2], DType.Bool).Where(F(d, 3), F(d, 3)), ["where", "[2]", "[3]"]),
        ["where condition"] = (d => F(d, 3).Where(F(d, 3), F(d, 3)), ["where", "F32[3]", "BOOL"]),
        ["expand"] = (d => F(d, 2, 3).Expand([2, 4]), ["expand", "[2, 3]", "[2, 4]"]),
        ["expand to fewer dimensions"] = (d => F(d, 2, 3).Expand([3]), ["expand", "[2, 3]", "[3]"]),
        ["reshape"] = (d => F(d, 2, 3).Reshape(5), ["reshape", "[2, 3]", "[5]"]),
        ["reshape rest"] = (d => F(d, 2, 3).Reshape(4, -1), ["reshape", "[2, 3]", "[4, 1]"]),
        ["reshape two rests"] = (d => F(d, 2, 3).Reshape(-1, -1), ["reshape", "[2, 3]", "-1"]),
        ["transpose"] = (d => F(d, 3).Transpose(), ["dimension", "[3]"]),
        ["narrow"] = (d => F(d, 3).Narrow(0, 2, 2), ["narrow", "2..4", "[3]"]),
        ["narrow overflow"] = (d => F(d, 3).Narrow(0, 2, long.MaxValue), ["narrow", "[3]"]),
        ["narrow negative"] = (d => F(d, 3).Narrow(0, -1, 2), ["narrow", "[3]"]),
        ["concat"] = (d => F(d, 2, 3).Concat(F(d, 2, 4)), ["concat", "[2, 3]", "[2, 4]"]),
        ["concat types"] = (d => F(d, 2).Concat(d.Zeros([2], DType.I32)), ["concat", "F32", "I32"]),
        ["matmul"] = (d => F(d, 2, 3).MatMul(F(d, 2, 3)), ["matmul", "[2, 3]"]),
        ["matmul leading"] = (d => F(d, 2, 3, 4).MatMul(F(d, 3, 4, 5)), ["matmul", "[2, 3, 4]", "[3, 4, 5]"]),
        ["matmul rank"] = (d => F(d, 3).MatMul(F(d, 3)), ["matmul", "[3]"]),
        ["embedding"] = (d => F(d, 3, 2).Embedding(F(d, 2)), ["embedding", "F32[3, 2]", "F32[2]"]),
        ["rms norm"] = (d => F(d, 2, 3).RmsNorm(F(d, 4), 1e-5), ["rms norm", "[2, 3]", "[4]"]),
        ["layer norm"] = (d => F(d, 2, 3).LayerNorm(F(d, 3), F(d, 4), 1e-5), ["layer norm", "[2, 3]", "[4]"]),
        ["softmax of a scalar"] = (d => F(d).Softmax(), ["[]"]),
        ["argmax of a scalar"] = (d => F(d).ArgMax(), ["argmax", "[]"]),
        ["argmax of nothing"] = (d => F(d, 3, 0).ArgMax(), ["argmax", "[3, 0]"]),
        ["sum"] = (d => F(d, 3).Sum(1), ["dimension 1", "[3]"]),
        ["masked softmax"] = (d => F(d, 2, 3).MaskedSoftmax(d.Zeros([4], DType.Bool)), ["masked softmax", "[2, 3]", "[4]"]),
        ["masked softmax larger"] = (d => F(d, 3).MaskedSoftmax(d.Zeros([2, 3], DType.Bool)), ["masked softmax", "[3]", "[2, 3]"]),
        ["sink softmax"] = (d => F(d, 2, 3, 4).SinkSoftmax(F(d, 3)), ["sink softmax", "[2, 3, 4]", "[3]"]),
        ["rope"] = (d => F(d, 2, 3, 4).Rope(F(d, 5, 3), F(d, 5, 3), I(d, 2)), ["rope", "[2, 3, 4]", "[5, 3]"]),
        ["rope positions"] = (d => F(d, 2, 3, 4).Rope(F(d, 5, 2), F(d, 5, 2), F(d, 2)), ["rope", "I32", "F32[2]"]),
        ["swiglu"] = (d => F(d, 2).SwiGlu(F(d, 3)), ["swiglu", "[2]", "[3]"]),
        ["geglu"] = (d => F(d, 2).GeGlu(F(d, 3)), ["geglu", "[2]", "[3]"]),
        ["softcap"] = (d => F(d, 2).Softcap(0), ["softcap", "0"]),
        ["dropout"] = (d => F(d, 2).Dropout(1), ["dropout", "1"]),
        ["dropout not a number"] = (d => F(d, 2).Dropout(double.NaN), ["dropout", "NaN"]),
        ["cross entropy"] = (d => F(d, 2, 3).CrossEntropy(I(d, 3)), ["cross entropy", "[2, 3]", "[3]"]),
        ["class cross entropy"] = (d => F(d, 2, 3).ClassCrossEntropy(I(d, 3)), ["cross entropy", "[2, 3]", "[3]"]),
        ["class cross entropy weights"] = (d => F(d, 2, 3).ClassCrossEntropy(I(d, 2), new() { ClassWeights = F(d, 4) }), ["cross entropy", "[2, 3]", "[4]"]),
        ["class cross entropy smoothing"] = (d => F(d, 2, 3).ClassCrossEntropy(I(d, 2), new() { LabelSmoothing = 2 }), ["smoothing", "2"]),
        ["class cross entropy label"] = (d => F(d, 1, 3).ClassCrossEntropy(d.From([3], [1])), ["label 3", "3 classes"]),
        ["binary cross entropy"] = (d => F(d, 2).BinaryCrossEntropyWithLogits(F(d, 3)), ["binary cross entropy", "[2]", "[3]"]),
        ["mean squared error"] = (d => F(d, 2).MeanSquaredError(F(d, 3)), ["mean squared error", "[2]", "[3]"]),
        ["smooth l1"] = (d => F(d, 2).SmoothL1(F(d, 3)), ["smooth l1", "[2]", "[3]"]),
        ["smooth l1 beta"] = (d => F(d, 2).SmoothL1(F(d, 2), 0), ["smooth l1", "beta"]),
        ["kl divergence"] = (d => F(d, 2).KlDivergence(F(d, 3)), ["kl divergence", "[2]", "[3]"]),
        ["kl divergence temperature"] = (d => F(d, 2).KlDivergence(F(d, 2), -1), ["kl divergence", "-1"]),
        ["cosine similarity"] = (d => F(d, 2).CosineSimilarity(F(d, 3)), ["cosine similarity", "[2]", "[3]"]),
        ["convolution"] = (d => F(d, 2, 3, 4).CausalDepthwiseConv1d(F(d, 2, 1, 4), null), ["convolution", "[2, 3, 4]", "[2, 1, 4]"]),
        ["attention"] = (d => Attend(F(d, 3, 4, 8), F(d, 3, 3, 8), F(d, 3, 3, 8), I(d, 2), I(d, 1)), ["attention", "[3, 4, 8]", "[3, 3, 8]"]),
        ["attention values"] = (d => Attend(F(d, 3, 4, 8), F(d, 3, 2, 8), F(d, 4, 2, 8), I(d, 2), I(d, 1)), ["attention", "[3, 2, 8]", "[4, 2, 8]"]),
        ["attention without heads"] = (d => Attend(F(d, 3, 4, 8), F(d, 3, 0, 8), F(d, 3, 0, 8), I(d, 2), I(d, 1)), ["attention", "[3, 0, 8]"]),
        ["attention layout"] = (d => Attend(F(d, 3, 4, 8), F(d, 3, 2, 8), F(d, 3, 2, 8), I(d, 3), I(d, 1)), ["attention", "[3]", "[1]"]),
        ["to integers"] = (d => { F(d, 2).ToInt32Array(); return F(d); }, ["I32", "F32[2]"]),
        ["item"] = (d => { F(d, 2).Item(); return F(d); }, ["Item", "[2]"]),
        ["from"] = (d => d.From([1f, 2f], [3]), ["[3]", "12", "8"]),
        ["seven dimensions"] = (d => F(d, 1, 1, 1, 1, 1, 1, 1), ["6", "7"]),
        ["backward"] = (d => { d.Tape.Backward(F(d, 2)); return F(d); }, ["backward", "[2]"]),
    };

    public static TheoryData<string> Rows => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Rows))]
    public void What_does_not_fit_is_named(string row)
    {
        using var device = new Device(new ReferenceBackend());
        using StepScope scope = device.Scope();
        (Func<Device, Tensor> run, string[] expected) = Cases[row];
        TensorException error = Assert.Throws<TensorException>(() => run(device));
        Assert.All(expected, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }

    private static Tensor F(Device device, params long[] extents) => device.Zeros(new Shape(extents), DType.F32);

    private static Tensor I(Device device, params long[] extents) => device.Zeros(new Shape(extents), DType.I32);

    private static Tensor Attend(Tensor q, Tensor k, Tensor v, Tensor queryStarts, Tensor keys) =>
        q.Attention(k, v, new AttentionLayout(queryStarts, keys, keys), new AttentionOptions(1));
}
