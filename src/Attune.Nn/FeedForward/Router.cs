using System.Buffers;
using Attune.Tensors;

namespace Attune.Nn.FeedForward;

/// <summary>How a router chooses experts and weighs them.</summary>
public sealed record RouterOptions
{
    /// <summary>Experts of each token: K, from 1 to the number of experts.</summary>
    public required int TopK { get; init; }

    /// <summary>Scores are sigmoids of the logits instead of their softmax over all experts.</summary>
    public bool Sigmoid { get; init; }

    /// <summary>Whether the scores of the chosen experts are divided by their sum.</summary>
    public bool Normalise { get; init; }

    /// <summary>Factor of the weights.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>Groups of experts of equal size; each is judged by its two best, and experts are chosen of the best groups.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>How many groups experts are chosen of.</summary>
    public int TopGroups { get; init; } = 1;
}

/// <summary>Which rows go to which experts, in the order of the experts.</summary>
/// <param name="Weights">F32 [N K, 1]: weight of each choice, in the order of the tokens.</param>
/// <param name="Choices">I32 [N K]: places in <paramref name="Weights"/>, those of the first expert first.</param>
/// <param name="Tokens">I32 [N K]: the tokens of <paramref name="Choices"/>.</param>
/// <param name="Counts">How many choices fell on each expert.</param>
public sealed record Routing(Tensor Weights, Tensor Choices, Tensor Tokens, int[] Counts);

/// <summary>Chooses the experts of each token (Shazeer et al. 2017; with groups and a correction of the choice: DeepSeek-AI 2024).</summary>
public sealed class Router : Module
{
    private readonly Parameter _weight;
    private readonly Parameter? _bias;
    private readonly Parameter? _correction;
    private readonly RouterOptions _options;

    /// <summary>Makes a router.</summary>
    /// <param name="name">Full name.</param>
    /// <param name="weight">[E, C].</param>
    /// <param name="bias">[E], added to the logits; null for none.</param>
    /// <param name="correction">[E], added to the scores for the choice only; null for none.</param>
    /// <param name="options">How experts are chosen and weighed.</param>
    public Router(string name, Parameter weight, Parameter? bias, Parameter? correction, RouterOptions options)
        : base(name)
    {
        _weight = weight;
        _bias = bias;
        _correction = correction;
        _options = options;
        Own(weight);
        Own(bias);
        Own(correction);
    }

    /// <summary>Number of experts: E.</summary>
    public int Experts => (int)_weight.Shape[0];

    /// <summary>Chooses experts for the rows of x [N, C]; the weights carry gradients, the choice does not. Scores are single precision.</summary>
    public Routing Route(Tensor x)
    {
        Tensor scores = Scores(x);
        int rows = (int)x.Shape[0];
        int[] chosen = ArrayPool<int>.Shared.Rent(rows * _options.TopK);
        Choose(scores, rows, chosen);
        Routing routing = Sort(Weigh(scores, chosen.AsSpan(0, rows * _options.TopK)), chosen.AsSpan(0, rows * _options.TopK));
        ArrayPool<int>.Shared.Return(chosen);
        return routing;
    }

    /// <summary>Weights F32 [N, E] of all experts for the rows of x [N, C], 0 for those that are not chosen: the same choice made by operations alone, for a run that is recorded.</summary>
    public Tensor WeighAll(Tensor x)
    {
        Tensor scores = Scores(x);
        Tensor judged = _correction is null ? scores : scores.Add(_correction.Value!);
        if (_options.Groups > 1)
        {
            int size = Experts / _options.Groups;
            Tensor members = judged.Reshape(-1, size);
            Tensor sums = members.Mul(AreBest(members, Math.Min(2, size))).Sum(-1).Reshape(-1, _options.Groups);
            Tensor kept = AreBest(sums, _options.TopGroups).Reshape(-1, 1);
            Device device = x.Device;
            judged = device.Zeros([], DType.F32).Less(kept).Where(members, device.Full([], DType.F32, float.NegativeInfinity)).Reshape(-1, Experts);
        }

        Tensor weights = scores.Mul(AreBest(judged, _options.TopK));
        weights = _options.Normalise ? weights.Div(weights.Sum(-1)) : weights;
        return _options.Scale == 1 ? weights : weights.Affine(_options.Scale);
    }

    /// <summary>1 for the best of each row [R, E], else 0; of equal ones the first are better.</summary>
    private static Tensor AreBest(Tensor scores, int count)
    {
        Device device = scores.Device;
        int columns = (int)scores.Shape[1];
        Tensor places = device.From([.. Enumerable.Range(0, columns)], [columns]);
        Tensor lowest = device.Full([], DType.F32, float.NegativeInfinity);
        Tensor? all = null;
        for (int k = 0; k < count; k++)
        {
            Tensor isBest = scores.ArgMax().Reshape(-1, 1).EqualTo(places);
            scores = isBest.Where(lowest, scores);
            Tensor ones = isBest.Cast(DType.F32);
            all = all is null ? ones : all.Add(ones);
        }

        return all!;
    }

    private Tensor Scores(Tensor x)
    {
        Tensor logits = x.Cast(DType.F32).MatMul(_weight.Value!.Transpose());
        logits = _bias is null ? logits : logits.Add(_bias.Value!);
        return _options.Sigmoid ? logits.Sigmoid() : logits.Softmax();
    }

    /// <summary>Weights [N K, 1] of the chosen experts.</summary>
    private Tensor Weigh(Tensor scores, ReadOnlySpan<int> chosen)
    {
        int[] places = ArrayPool<int>.Shared.Rent(chosen.Length);
        for (int i = 0; i < chosen.Length; i++)
        {
            places[i] = (i / _options.TopK * Experts) + chosen[i];
        }

        Tensor indices = scores.Device.From(places.AsSpan(0, chosen.Length), [chosen.Length]);
        ArrayPool<int>.Shared.Return(places);
        Tensor weights = scores.Reshape(-1, 1).Embedding(indices).Reshape(-1, _options.TopK);
        weights = _options.Normalise ? weights.Div(weights.Sum(-1)) : weights;
        return (_options.Scale == 1 ? weights : weights.Affine(_options.Scale)).Reshape(-1, 1);
    }

    /// <summary>Brings the choices into the order of the experts; those of one expert stay in the order of the tokens.</summary>
    private Routing Sort(Tensor weights, ReadOnlySpan<int> chosen)
    {
        var counts = new int[Experts];
        foreach (int expert in chosen)
        {
            counts[expert]++;
        }

        int[] next = ArrayPool<int>.Shared.Rent(Experts);
        next[0] = 0;
        for (int expert = 1; expert < Experts; expert++)
        {
            next[expert] = next[expert - 1] + counts[expert - 1];
        }

        int[] choices = ArrayPool<int>.Shared.Rent(chosen.Length);
        int[] tokens = ArrayPool<int>.Shared.Rent(chosen.Length);
        for (int i = 0; i < chosen.Length; i++)
        {
            int place = next[chosen[i]]++;
            (choices[place], tokens[place]) = (i, i / _options.TopK);
        }

        Device device = weights.Device;
        var routing = new Routing(
            weights, device.From(choices.AsSpan(0, chosen.Length), [chosen.Length]), device.From(tokens.AsSpan(0, chosen.Length), [chosen.Length]), counts);
        ArrayPool<int>.Shared.Return(next);
        ArrayPool<int>.Shared.Return(choices);
        ArrayPool<int>.Shared.Return(tokens);
        return routing;
    }

    /// <summary>The best experts of each row, best first; of equal ones the first.</summary>
    private void Choose(Tensor scores, int rows, Span<int> chosen)
    {
        int experts = Experts;
        float[] values = ArrayPool<float>.Shared.Rent(rows * experts);
        using (scores.Device.Tape.Pause())
        {
            (_correction is null ? scores : scores.Add(_correction.Value!)).CopyTo(values.AsSpan(0, rows * experts));
        }

        for (int row = 0; row < rows; row++)
        {
            Span<float> line = values.AsSpan(row * experts, experts);
            if (_options.Groups > 1)
            {
                DropGroups(line);
            }

            for (int k = 0; k < _options.TopK; k++)
            {
                int best = Best(line);
                chosen[(row * _options.TopK) + k] = best;
                line[best] = float.NegativeInfinity;
            }
        }

        ArrayPool<float>.Shared.Return(values);
    }

    /// <summary>Takes all but the best groups out of a row.</summary>
    private void DropGroups(Span<float> line)
    {
        int size = line.Length / _options.Groups;
        Span<float> sums = stackalloc float[_options.Groups];
        for (int group = 0; group < sums.Length; group++)
        {
            sums[group] = SumOfTwoBest(line.Slice(group * size, size));
        }

        for (int k = 0; k < _options.TopGroups; k++)
        {
            sums[Best(sums)] = float.NaN;
        }

        for (int group = 0; group < sums.Length; group++)
        {
            if (!float.IsNaN(sums[group]))
            {
                line.Slice(group * size, size).Fill(float.NegativeInfinity);
            }
        }
    }

    private static float SumOfTwoBest(ReadOnlySpan<float> values)
    {
        float first = float.NegativeInfinity;
        float second = float.NegativeInfinity;
        foreach (float value in values)
        {
            (first, second) = value > first ? (value, first) : (first, Math.Max(second, value));
        }

        return values.Length == 1 ? first : first + second;
    }

    /// <summary>Place of the largest value that is a number; 0 when there is none.</summary>
    private static int Best(ReadOnlySpan<float> values)
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++)
        {
            best = values[i] > values[best] || float.IsNaN(values[best]) ? i : best;
        }

        return best;
    }
}
