using Attune.Tensors;

namespace Attune.Nn.StateSpace;

/// <summary>Extents and limits of a Mamba-2 layer.</summary>
/// <param name="Heads">H.</param>
/// <param name="HeadSize">P.</param>
/// <param name="Groups">G, a divisor of H.</param>
/// <param name="StateSize">S.</param>
/// <param name="Chunk">Steps that are made at once; the results do not depend on it but for rounding.</param>
/// <param name="Shortest">The smallest step.</param>
/// <param name="Longest">The largest step.</param>
public sealed record Mamba2Sizes(int Heads, int HeadSize, int Groups, int StateSize, int Chunk, double Shortest, double Longest)
{
    /// <summary>Width of all heads.</summary>
    public int InnerSize => Heads * HeadSize;

    /// <summary>Channels of the convolution: what is fed to the state, and its input and output weights.</summary>
    public int Channels => InnerSize + (2 * Groups * StateSize);
}

/// <summary>
/// The layer of Mamba-2 (Dao and Gu 2024): a projection, a short causal convolution, a selective state space, a gated norm, a projection. With a cache the layer keeps
/// what the convolution reads and the steps of all tokens, and runs over them again: the work for a token grows with its position, as attention's does.
/// </summary>
public sealed class Mamba2Mixer : SubLayer, ICachingLayer
{
    private readonly int _layer;
    private readonly Mamba2Sizes _sizes;
    private readonly Linear _input;
    private readonly Linear _output;
    private readonly Norm _norm;
    private readonly Mamba2Weights _weights;

    /// <summary>Makes a layer.</summary>
    /// <param name="name">Full name.</param>
    /// <param name="layer">Index of the layer.</param>
    /// <param name="sizes">Extents.</param>
    /// <param name="weights">The convolution and the state space.</param>
    /// <param name="input">To gates, channels and steps.</param>
    /// <param name="norm">Normalises the gated output.</param>
    /// <param name="output">Back to the states.</param>
    public Mamba2Mixer(string name, int layer, Mamba2Sizes sizes, Mamba2Weights weights, Linear input, Norm norm, Linear output)
        : base(name)
    {
        _layer = layer;
        _sizes = sizes;
        _weights = weights;
        Own(weights.Convolution);
        Own(weights.ConvolutionBias);
        Own(weights.StepBias);
        Own(weights.LogDecay);
        Own(weights.Skip);
        _input = Add(input);
        _norm = Add(norm);
        _output = Add(output);
    }

    /// <inheritdoc/>
    public int Layer => _layer;

    /// <inheritdoc/>
    public CacheLayer Cached => new(1, _sizes.Channels, _sizes.Heads);

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, Tensor? residual, ForwardPass pass)
    {
        (Tensor gate, Tensor channels, Tensor steps) = _input.Forward(x).Split(1, _sizes.InnerSize, _sizes.Channels, _sizes.Heads);
        if (pass.Cache is { } cache)
        {
            (channels, steps) = cache.Store(_layer, channels.Reshape(-1, 1, _sizes.Channels), steps.Reshape(-1, 1, _sizes.Heads));
            channels = channels.Reshape(-1, _sizes.Channels);
            steps = steps.Reshape(-1, _sizes.Heads);
        }

        Tensor y = pass.Tokens.Recorded is { } recorded ? Recorded(channels, steps, recorded) : Sequences(channels, steps, pass.Tokens.Layout);
        return _output.Forward(_norm.Forward(y.Mul(gate.Cast(DType.F32).Silu())), residual);
    }

    /// <summary>The state space over each sequence: [N, H P] in single precision.</summary>
    private Tensor Sequences(Tensor channels, Tensor steps, in AttentionLayout layout)
    {
        int[] queries = layout.QueryStarts.ToInt32Array();
        int[] starts = layout.KeyStarts.ToInt32Array();
        int[] lengths = layout.KeyLengths.ToInt32Array();
        Tensor? result = null;
        for (int s = 0; s < starts.Length; s++)
        {
            int count = queries[s + 1] - queries[s];
            if (count > 0)
            {
                Tensor y = Sequence(channels.Narrow(0, starts[s], lengths[s]).Cast(DType.F32), steps.Narrow(0, starts[s], lengths[s]).Cast(DType.F32));
                y = y.Narrow(0, lengths[s] - count, count);
                result = result is null ? y : result.Concat(y);
            }
        }

        return result ?? channels.Narrow(1, 0, _sizes.InnerSize).Cast(DType.F32);
    }

    private Tensor Sequence(Tensor channels, Tensor steps)
    {
        long tokens = channels.Shape[0];
        Tensor wide = channels.Transpose().Reshape(1, _sizes.Channels, tokens);
        wide = wide.CausalDepthwiseConv1d(_weights.Convolution.Value!, _weights.ConvolutionBias?.Value).Silu();
        return Scan(wide.Reshape(_sizes.Channels, tokens).Transpose(), steps, (x, dt, a, b, c) => SelectiveScan.Run(x, dt, a, b, c, _sizes.Chunk));
    }

    /// <summary>The state space over all sequences of a run that is recorded, [N, H P] in single precision.</summary>
    private Tensor Recorded(Tensor channels, Tensor steps, RecordedBatch recorded)
    {
        Tensor taps = _weights.Convolution.Value!;
        int width = (int)taps.Shape[2];
        Tensor behind = channels.Device.Zeros([1, _sizes.Channels], channels.DType);
        Tensor read = channels.Concat(behind).Embedding(recorded.Neighbours(1 - width, width)).Reshape(-1, width, _sizes.Channels);
        Tensor y = read.Mul(taps.Reshape(_sizes.Channels, width).Transpose()).Sum(1).Reshape(-1, _sizes.Channels);
        y = _weights.ConvolutionBias is { } bias ? y.Add(bias.Value!) : y;
        return Scan(y.Silu(), steps, (x, dt, a, b, c) => recorded.Scan(x.Mul(dt.Reshape(-1, _sizes.Heads, 1)), dt.Mul(a), b, c));
    }

    /// <summary>The state space [T, H P] over channels [T, C] behind the convolution and steps [T, H].</summary>
    private Tensor Scan(Tensor channels, Tensor steps, Func<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> scan)
    {
        int states = _sizes.Groups * _sizes.StateSize;
        (Tensor x, Tensor b, Tensor c) = channels.Split(1, _sizes.InnerSize, states, states);
        x = x.Reshape(-1, _sizes.Heads, _sizes.HeadSize);
        Tensor y = scan(
            x,
            Limited(steps.Add(_weights.StepBias.Value!).Softplus()),
            _weights.LogDecay.Value!.Exp().Neg(),
            b.Reshape(-1, _sizes.Groups, _sizes.StateSize),
            c.Reshape(-1, _sizes.Groups, _sizes.StateSize));
        return y.Add(x.Mul(_weights.Skip.Value!.Reshape(_sizes.Heads, 1))).Reshape(-1, _sizes.InnerSize);
    }

    private Tensor Limited(Tensor steps)
    {
        Device device = steps.Device;
        steps = _sizes.Shortest > 0 ? steps.Maximum(device.Full([], DType.F32, _sizes.Shortest)) : steps;
        return double.IsFinite(_sizes.Longest) ? steps.Minimum(device.Full([], DType.F32, _sizes.Longest)) : steps;
    }
}

/// <summary>The weights of a Mamba-2 layer that are no linear layers.</summary>
/// <param name="Convolution">[channels, 1, K].</param>
/// <param name="ConvolutionBias">[channels]; null for none.</param>
/// <param name="StepBias">[H], added to the steps before the softplus.</param>
/// <param name="LogDecay">[H]: logarithm of the decay's rate.</param>
/// <param name="Skip">[H]: factor of the input that is added to the output.</param>
public sealed record Mamba2Weights(Parameter Convolution, Parameter? ConvolutionBias, Parameter StepBias, Parameter LogDecay, Parameter Skip);
