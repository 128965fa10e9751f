using Attune.Data.Tokenization;
using Attune.Formats;

namespace Attune.Training.Tests.Double;

/// <summary>A T5 with gated GELU and its training in double precision, by the definitions alone: what a run comes to where rounding decides nothing.</summary>
internal sealed class DoubleT5
{
    private const int Buckets = 32;
    private const int MaxDistance = 128;

    private readonly Dictionary<string, DoubleMatrix> _weights;
    private readonly Dictionary<string, (double[] First, double[] Second)> _moments;
    private readonly int _heads;
    private readonly int _headSize;
    private readonly int _layers;
    private readonly double _epsilon;
    private int _steps;

    public DoubleT5(ModelConfig config, ITensorSource tensors)
    {
        _heads = config.GetPositive("num_heads");
        _headSize = config.GetPositive("d_kv");
        _layers = config.GetPositive("num_layers");
        _epsilon = config.GetDouble("layer_norm_epsilon");
        _weights = tensors.Names.ToDictionary(name => name, name =>
        {
            float[] values = tensors.ReadFloat32(name);
            int rows = tensors.Info(name).Shape.Rank == 1 ? 1 : (int)tensors.Info(name).Shape[0];
            var matrix = new DoubleMatrix(rows, values.Length / rows);
            for (int i = 0; i < values.Length; i++)
            {
                matrix.Values[i] = values[i];
            }

            return matrix;
        });
        _moments = _weights.ToDictionary(pair => pair.Key, pair => (new double[pair.Value.Values.Length], new double[pair.Value.Values.Length]));
    }

    /// <summary>One step of AdamW without decay over the sum of the means of some batches; their sum, and the norm of its gradient before it is clipped to 1.</summary>
    public (double Loss, double GradNorm) Step(IReadOnlyList<TokenRow[]> batches, double learningRate)
    {
        foreach (DoubleMatrix weight in _weights.Values)
        {
            Array.Clear(weight.Gradient);
        }

        double loss = 0;
        foreach (TokenRow[] rows in batches)
        {
            int targets = rows.Sum(row => row.OutputIds!.Length);
            foreach (TokenRow row in rows)
            {
                DoubleMatrix sum = Loss(row.InputIds, row.OutputIds!);
                sum.Backward(1.0 / targets);
                loss += sum.Values[0] / targets;
            }
        }

        double norm = Math.Sqrt(_weights.Values.Sum(weight => weight.Gradient.Sum(g => g * g)));
        Update(learningRate, Math.Min(1, 1 / (norm + 1e-6)));
        return (loss, norm);
    }

    private void Update(double learningRate, double factor)
    {
        _steps++;
        foreach ((string name, DoubleMatrix weight) in _weights)
        {
            (double[] first, double[] second) = _moments[name];
            for (int i = 0; i < first.Length; i++)
            {
                double g = factor * weight.Gradient[i];
                first[i] = (0.9 * first[i]) + (0.1 * g);
                second[i] = (0.999 * second[i]) + (0.001 * g * g);
                weight.Values[i] -= learningRate * (first[i] / (1 - Math.Pow(0.9, _steps))) / (Math.Sqrt(second[i] / (1 - Math.Pow(0.999, _steps))) + 1e-8);
            }
        }
    }

    private DoubleMatrix Loss(int[] source, int[] target)
    {
        DoubleMatrix shared = _weights["shared.weight"];
        DoubleMatrix memory = Stack("encoder", shared.Look(source), null);
        DoubleMatrix states = Stack("decoder", shared.Look([0, .. target[..^1]]), memory);
        return states.Scale(1 / Math.Sqrt(shared.Columns)).Linear(shared).CrossEntropy(target);
    }

    private DoubleMatrix Stack(string stack, DoubleMatrix h, DoubleMatrix? memory)
    {
        for (int i = 0; i < _layers; i++)
        {
            string block = FormattableString.Invariant($"{stack}.block.{i}.layer.");
            DoubleMatrix normed = Norm(h, $"{block}0.layer_norm");
            h = h.Add(Attention($"{block}0.SelfAttention", normed, normed, memory is not null, $"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"));
            if (memory is not null)
            {
                h = h.Add(Attention($"{block}1.EncDecAttention", Norm(h, $"{block}1.layer_norm"), memory, false, null));
            }

            string last = $"{block}{(memory is null ? 1 : 2)}";
            DoubleMatrix x = Norm(h, $"{last}.layer_norm");
            DoubleMatrix inner = Apply(x, $"{last}.DenseReluDense.wi_0").Gelu().Multiply(Apply(x, $"{last}.DenseReluDense.wi_1"));
            h = h.Add(Apply(inner, $"{last}.DenseReluDense.wo"));
        }

        return Norm(h, $"{stack}.final_layer_norm");
    }

    private DoubleMatrix Attention(string name, DoubleMatrix x, DoubleMatrix memory, bool isCausal, string? bias)
    {
        DoubleMatrix q = Apply(x, $"{name}.q");
        DoubleMatrix k = Apply(memory, $"{name}.k");
        DoubleMatrix v = Apply(memory, $"{name}.v");
        var heads = new DoubleMatrix[_heads];
        for (int h = 0; h < heads.Length; h++)
        {
            DoubleMatrix scores = q.Slice(h * _headSize, _headSize).Linear(k.Slice(h * _headSize, _headSize));
            scores = bias is null ? scores : scores.Add(_weights[bias].Spread(scores.Rows, scores.Columns, h, (r, c) => Bucket(c - r, !isCausal)));
            heads[h] = scores.Softmax((r, c) => !isCausal || c <= r).Times(v.Slice(h * _headSize, _headSize));
        }

        return Apply(DoubleMatrix.Join(heads), $"{name}.o");
    }

    private DoubleMatrix Apply(DoubleMatrix x, string name) => x.Linear(_weights[$"{name}.weight"]);

    private DoubleMatrix Norm(DoubleMatrix x, string name) => x.Norm(_weights[$"{name}.weight"], _epsilon);

    private static int Bucket(int distance, bool isBidirectional)
    {
        int buckets = isBidirectional ? Buckets / 2 : Buckets;
        int bucket = isBidirectional && distance > 0 ? buckets : 0;
        int size = isBidirectional ? Math.Abs(distance) : Math.Max(-distance, 0);
        int exact = buckets / 2;
        return bucket + (size < exact ? size : Math.Min(buckets - 1, exact + (int)(Math.Log((double)size / exact) / Math.Log((double)MaxDistance / exact) * (buckets - exact))));
    }
}
