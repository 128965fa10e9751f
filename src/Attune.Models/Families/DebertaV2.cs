using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Models.Encoders;
using Attune.Models.Heads;
using Attune.Nn;
using Attune.Nn.FeedForward;
using Attune.Nn.Positions;
using Attune.Tensors;

namespace Attune.Models.Families;

/// <summary>Settings of DeBERTa beside those of all encoders.</summary>
public sealed record DebertaConfig
{
    /// <summary>The common settings.</summary>
    public required EncoderConfig Encoder { get; init; }

    /// <summary>Whether positions are added to the embeddings, too.</summary>
    public required bool HasPositions { get; init; }

    /// <summary>Whether scores have parts for the distance.</summary>
    public required bool IsRelative { get; init; }

    /// <summary>Whether a query looks at the distance of the key (<c>c2p</c>).</summary>
    public required bool ContentToPosition { get; init; }

    /// <summary>Whether a key looks at the distance of the query (<c>p2c</c>).</summary>
    public required bool PositionToContent { get; init; }

    /// <summary>Whether distances go through the projections of contents.</summary>
    public required bool SharesProjections { get; init; }

    /// <summary>Number of buckets of distances; 0 when each distance has its own row.</summary>
    public required int Buckets { get; init; }

    /// <summary>The longest distance.</summary>
    public required int MaxDistance { get; init; }

    /// <summary>Whether the table of distances is normalised.</summary>
    public required bool NormalisesDistances { get; init; }

    /// <summary>Taps of the convolution beside the first block; 0 for none.</summary>
    public required int ConvolutionTaps { get; init; }

    /// <summary>What follows the convolution.</summary>
    public required Activation ConvolutionActivation { get; init; }

    /// <summary>Rows of the table of distances on each side.</summary>
    public int Span => Buckets > 0 ? Buckets : MaxDistance;
}

/// <summary>DeBERTa v2 and v3 (He et al. 2021): scores add what contents say of distances to what they say of each other.</summary>
public sealed class DebertaEncoder : Backbone
{
    private static readonly EncoderBlockNames Names = EncoderBlockNames.Bert with
    {
        Query = "attention.self.query_proj",
        Key = "attention.self.key_proj",
        Value = "attention.self.value_proj",
    };

    private readonly DebertaConfig _config;
    private readonly EncoderEmbeddings _embeddings;
    private readonly EncoderBlock[] _blocks;
    private readonly Embedding? _distances;
    private readonly Norm? _distanceNorm;
    private readonly DebertaConvolution? _convolution;

    private DebertaEncoder(DebertaConfig config, WeightBuilder weights)
        : base(weights)
    {
        _config = config;
        EncoderConfig sizes = config.Encoder;
        _embeddings = Add(new EncoderEmbeddings(sizes, weights.At("embeddings"), config.HasPositions));
        WeightBuilder encoder = weights.At("encoder");
        _blocks = new EncoderBlock[sizes.Layers];
        for (int i = 0; i < sizes.Layers; i++)
        {
            WeightBuilder place = encoder.At($"layer.{i}");
            DisentangledAttention? attention = config.IsRelative ? Add(new DisentangledAttention(config, place.At("attention.self"))) : null;
            _blocks[i] = Add(new EncoderBlock(sizes, place, Names, attention is null ? null : attention.Mix));
            attention?.Share(_blocks[i].Query, _blocks[i].Key);
        }

        if (config.IsRelative)
        {
            _distances = Add(encoder.Embedding("rel_embeddings", 2 * config.Span, sizes.HiddenSize));
            _distanceNorm = config.NormalisesDistances ? Add(encoder.LayerNorm("LayerNorm", sizes.HiddenSize, sizes.NormEpsilon)) : null;
        }

        _convolution = config.ConvolutionTaps > 0 ? Add(new DebertaConvolution(config, encoder.At("conv"))) : null;
    }

    /// <inheritdoc/>
    public override int VocabSize => _config.Encoder.VocabSize;

    /// <inheritdoc/>
    public override int HiddenSize => _config.Encoder.HiddenSize;

    /// <inheritdoc/>
    public override int ContextTokens => _config.Encoder.MaxPositions;

    /// <inheritdoc/>
    public override Embedding Tokens => _embeddings.Tokens;

    /// <inheritdoc/>
    public override IReadOnlyList<string> DefaultLoraTargets { get; } = ["query_proj", "value_proj"];

    /// <summary>Makes the encoder.</summary>
    public static DebertaEncoder Load(ModelConfig config, WeightBuilder weights) => new(Read(config), weights);

    /// <summary>The heads.</summary>
    public static HeadLayout Heads(ModelConfig config)
    {
        string head = config.GetBoolean("legacy", true) ? "cls.predictions.transform" : "lm_predictions.lm_head";
        var pooler = new PoolerLayout(Pooling.First, new TransformLayout("pooler.dense", Activations.FromConfig(config, "pooler_hidden_act", "gelu")));
        return new HeadLayout
        {
            Sequence = pooler,
            Choice = pooler,
            MaskedLm = new TransformLayout($"{head}.dense", Activations.FromConfig(config, "hidden_act", "gelu"), $"{head}.LayerNorm")
            {
                NormEpsilon = config.GetEpsilon("layer_norm_eps", 1e-7),
            },
            MaskedLmBias = config.GetBoolean("legacy", true) ? "cls.predictions.bias" : "lm_predictions.lm_head.bias",
        };
    }

    /// <inheritdoc/>
    public override Tensor Forward(in ForwardPass pass)
    {
        Tensor first = _embeddings.Forward(pass.Tokens);
        ForwardPass run = _distances is null ? pass : pass with { Shared = new DisentangledAttention.Run(pass.Tokens.Recorded is null ? BiasedAttention.Spans(pass.Tokens.Layout) : [], Distances()) };
        pass.Observer?.Invoke(0, first);
        Tensor h = first;
        for (int i = 0; i < _blocks.Length; i++)
        {
            h = _blocks[i].Run(h, run);
            pass.Observer?.Invoke(i + 1, h);
            if (i == 0 && _convolution is not null)
            {
                h = _convolution.Forward(first, h, pass.Tokens);
            }
        }

        return h;
    }

    /// <summary>The table of distances [2 span, C] as the blocks read it.</summary>
    private Tensor Distances()
    {
        Tensor table = _distances!.Table.Value!;
        return _distanceNorm?.Forward(table.Cast(DType.F32)) ?? table.Cast(Compute);
    }

    private static DebertaConfig Read(ModelConfig config)
    {
        EncoderConfig encoder = EncoderConfig.Read(config);
        if (encoder.EmbeddingSize != encoder.HiddenSize)
        {
            throw config.Wrong("embedding_size", $"hidden_size = {encoder.HiddenSize}");
        }

        int buckets = Math.Max(0, config.FindInt32("position_buckets") ?? 0);
        if (buckets == 1)
        {
            throw config.Wrong("position_buckets", "at least 2 buckets, or -1 for none");
        }

        int longest = config.FindInt32("max_relative_positions") ?? -1;
        longest = longest > 0 ? longest : encoder.MaxPositions;
        if (buckets > 0 && longest <= (buckets / 2) + 1)
        {
            throw config.Wrong("max_relative_positions", $"more than half of the {buckets} buckets and 1, or -1 for max_position_embeddings");
        }

        if (Math.Max(buckets, longest) > int.MaxValue / 2)
        {
            throw config.Wrong(buckets > longest ? "position_buckets" : "max_relative_positions", $"at most {int.MaxValue / 2}");
        }

        string[] kinds = [.. (config.FindStrings("pos_att_type") ?? []).SelectMany(text => text.Split('|', StringSplitOptions.TrimEntries))];
        int taps = config.FindInt32("conv_kernel_size") ?? 0;
        if (taps > 0 && (taps % 2 == 0 || config.GetPositive("conv_groups", 1) != 1))
        {
            throw config.Wrong("conv_kernel_size", "an odd number of taps with conv_groups = 1");
        }

        return new DebertaConfig
        {
            Encoder = encoder with { NormEpsilon = config.GetEpsilon("layer_norm_eps", 1e-7) },
            HasPositions = config.GetBoolean("position_biased_input", true),
            IsRelative = config.GetBoolean("relative_attention", false),
            ContentToPosition = kinds.Contains("c2p"),
            PositionToContent = kinds.Contains("p2c"),
            SharesProjections = config.GetBoolean("share_att_key", false),
            Buckets = buckets,
            MaxDistance = longest,
            NormalisesDistances = config.GetString("norm_rel_ebd", "none").Contains("layer_norm", StringComparison.Ordinal),
            ConvolutionTaps = Math.Max(0, taps),
            ConvolutionActivation = Activations.FromConfig(config, "conv_act", "tanh"),
        };
    }
}

/// <summary>Attention whose scores have parts for the distance between query and key.</summary>
/// <remarks>score = (q k + q p_k[d] + k p_q[d]) / sqrt(D (1 + parts)) with the projected row of the distance d of query and key.</remarks>
internal sealed class DisentangledAttention : Module
{
    private readonly DebertaConfig _config;
    private readonly AttentionOptions _options;
    private Linear? _keyOfDistance;
    private Linear? _queryOfDistance;

    public DisentangledAttention(DebertaConfig config, WeightBuilder weights)
        : base(weights.Path)
    {
        _config = config;
        int parts = 1 + (config.ContentToPosition ? 1 : 0) + (config.PositionToContent ? 1 : 0);
        _options = new AttentionOptions(1 / Math.Sqrt((double)config.Encoder.HeadSize * parts)) { Causal = false };
        int size = config.Encoder.HiddenSize;
        if (!config.SharesProjections)
        {
            _keyOfDistance = config.ContentToPosition ? Add(weights.Linear("pos_key_proj", size, size, bias: true)) : null;
            _queryOfDistance = config.PositionToContent ? Add(weights.Linear("pos_query_proj", size, size, bias: true)) : null;
        }
    }

    /// <summary>Names the block's own projections, which distances may go through, too.</summary>
    public void Share(Linear query, Linear key)
    {
        if (_config.SharesProjections)
        {
            (_queryOfDistance, _keyOfDistance) = (query, key);
        }
    }

    /// <summary>Mixes the tokens of each sequence.</summary>
    public Tensor Mix(Tensor q, Tensor k, Tensor v, in ForwardPass pass)
    {
        var run = (Run)pass.Shared!;
        Tensor? keyRows = _config.ContentToPosition ? _keyOfDistance!.Forward(run.Distances).Cast(DType.F32) : null;
        Tensor? queryRows = _config.PositionToContent ? _queryOfDistance!.Forward(run.Distances).Cast(DType.F32) : null;
        if (pass.Tokens.Recorded is { } recorded)
        {
            return recorded.Attention(q, k, v, _options, new DistanceTerms(distance => Row(-distance)) { ForQueries = keyRows, ForKeys = queryRows });
        }

        return BiasedAttention.Forward(q, k, v, run.Spans, _options, span =>
        {
            Tensor? bias = keyRows is null ? null : Part(q, keyRows, span, towardsKeys: true);
            Tensor? other = queryRows is null ? null : Part(k, queryRows, span, towardsKeys: false).Transpose();
            bias = bias is null ? other : other is null ? bias : bias.Add(other);
            return bias?.Affine(_options.Scale) ?? q.Device.Zeros([], DType.F32);
        });
    }

    /// <summary>[H, n, n]: row i, column j is x of token i times the projected row of its distance to token j.</summary>
    private Tensor Part(Tensor x, Tensor rows, in AttentionSpan span, bool towardsKeys)
    {
        EncoderConfig sizes = _config.Encoder;
        int n = span.Keys;
        var places = new int[(2 * n) - 1];
        for (int r = 0; r < places.Length; r++)
        {
            // Distances are those of the query less the key; columns go the other way.
            places[r] = Row(towardsKeys ? n - 1 - r : r - (n - 1));
        }

        Tensor perDistance = rows.Embedding(x.Device.From(places, [places.Length])).Reshape(places.Length, sizes.Heads, sizes.HeadSize).Transpose(0, 1);
        Tensor states = x.Narrow(0, span.FirstQuery, n).Cast(DType.F32).Transpose(0, 1);
        return states.MatMul(perDistance.Transpose()).RelativeShift(n);
    }

    /// <summary>The row of the table for a distance: position of the query minus that of the key.</summary>
    private int Row(int distance)
    {
        int bucket = _config.Buckets > 0 ? DebertaRelativeBuckets.Bucket(distance, _config.Buckets, _config.MaxDistance) : distance;
        return Math.Clamp(bucket + _config.Span, 0, (2 * _config.Span) - 1);
    }

    /// <summary>What all blocks of a run share.</summary>
    /// <param name="Spans">The sequences; none where the run is recorded.</param>
    /// <param name="Distances">The table of distances [2 span, C].</param>
    public sealed record Run(AttentionSpan[] Spans, Tensor Distances);
}

/// <summary>A convolution over the tokens of each sequence, which adds to the first block's output.</summary>
internal sealed class DebertaConvolution : Module
{
    private readonly int _taps;
    private readonly Parameter _weight;
    private readonly Parameter _bias;
    private readonly Norm _norm;
    private readonly Activation _activation;

    public DebertaConvolution(DebertaConfig config, WeightBuilder weights)
        : base(weights.Path)
    {
        int size = config.Encoder.HiddenSize;
        _taps = config.ConvolutionTaps;
        _activation = config.ConvolutionActivation;
        _weight = weights.Array("conv.weight", [size, size, _taps]);
        _bias = weights.Vector("conv.bias", size);
        Own(_weight);
        Own(_bias);
        _norm = Add(weights.LayerNorm("LayerNorm", size, config.Encoder.NormEpsilon));
    }

    /// <summary>norm(residual + f(convolution of x)) for states [N, C].</summary>
    public Tensor Forward(Tensor x, Tensor residual, TokenBatch batch)
    {
        long size = x.Shape[1];
        Device device = x.Device;
        Tensor neighbours = batch.Recorded?.Neighbours(-(_taps / 2), _taps) ?? device.From(Neighbours(batch), [batch.Tokens * _taps]);
        Tensor rows = x.Concat(device.Zeros([1, size], x.DType)).Embedding(neighbours).Reshape(-1, _taps * size);
        Tensor weight = _weight.Value!.Transpose(1, 2).Contiguous().Reshape(size, _taps * size).Cast(x.DType);
        Tensor y = rows.MatMul(weight.Transpose()).Add(_bias.Value!.Cast(x.DType));
        return _norm.Forward(residual.Cast(DType.F32).Add(_activation.Apply(y).Cast(DType.F32)));
    }

    /// <summary>For each token and tap the row that is read; the row behind the last one where the sequence has ended.</summary>
    private int[] Neighbours(TokenBatch batch)
    {
        int[] starts = batch.Layout.QueryStarts.ToInt32Array();
        var places = new int[batch.Tokens * _taps];
        for (int s = 0; s + 1 < starts.Length; s++)
        {
            for (int i = starts[s]; i < starts[s + 1]; i++)
            {
                for (int t = 0; t < _taps; t++)
                {
                    int at = i + t - (_taps / 2);
                    places[(i * _taps) + t] = at >= starts[s] && at < starts[s + 1] ? at : batch.Tokens;
                }
            }
        }

        return places;
    }
}
