using Attune.Nn;
using Attune.Nn.Positions;
using Attune.Tensors;

namespace Attune.Export.Onnx.Recording;

/// <summary>The batches of the recorded run: tensors without numbers that stand for inputs of the graph and what follows from them.</summary>
internal sealed partial class RecordingBackend
{
    private readonly List<InputBatch> _batches = [];

    /// <summary>The graph so far.</summary>
    public GraphBuilder Graph => _graph;

    /// <summary>Numbers of tokens and sequences of the run.</summary>
    public BatchSizes Sizes { get; private set; } = new(1, 1, 1, 1, 1);

    /// <summary>Begins a graph of a model whose weights lie on a device of this backend.</summary>
    /// <param name="network">The model.</param>
    /// <param name="positions">Positions that the graph is to know.</param>
    public void Begin(Network network, int positions)
    {
        _graph = new GraphBuilder();
        _values.Clear();
        _batches.Clear();
        _heads.Clear();
        foreach (Parameter parameter in network.Parameters())
        {
            if (parameter.Value is { } values)
            {
                _weights.TryAdd(values.Storage, (parameter.Name, values));
            }
        }

        Sizes = BatchSizes.For(network, positions);
        _positions = positions;
    }

    /// <summary>A batch of sequences that the graph is given.</summary>
    /// <param name="device">The model's device; a scope is open.</param>
    /// <param name="values">Its ids and mask.</param>
    /// <param name="types">Which part of a pair each token belongs to [B, T]; null where all are of the first.</param>
    /// <param name="paddingId">The id that does not count as the last token of a text; -1 for none.</param>
    /// <param name="seen">The same sequences with their earlier tokens, whose keys and values come out of a cache; null where there are none.</param>
    public TokenBatch Tokens(Device device, BatchValues values, string? types, int paddingId, BatchValues? seen = null)
    {
        InputBatch? keys = seen is null ? null : new InputBatch(this, device, seen, Sizes.KeyTokens, paddingId: -1);
        var batch = new InputBatch(this, device, values, Sizes.Tokens, paddingId, keys);
        _batches.AddRange(keys is null ? [batch] : [batch, keys]);
        return new TokenBatch(
            Input(device, [Sizes.Tokens], DType.I32, _graph.Flat(values.Ids)), Input(device, [Sizes.Tokens], DType.I32, _graph.Flat(values.Positions)), batch.Layout, _positions - 1)
        {
            TokenTypes = types is null ? null : Input(device, [Sizes.Tokens], DType.I32, _graph.Flat(types)),
            Recorded = batch,
        };
    }

    /// <summary>Where the texts lie whose states the graph is given.</summary>
    /// <param name="device">The model's device; a scope is open.</param>
    /// <param name="values">Their mask.</param>
    public AttentionLayout SourceLayout(Device device, BatchValues values)
    {
        var batch = new InputBatch(this, device, values, Sizes.SourceTokens, paddingId: -1);
        _batches.Add(batch);
        return batch.Layout;
    }

    /// <summary>A tensor that stands for a value of the graph. It lives as long as the open scope: its block must not be handed out again.</summary>
    public Tensor Input(Device device, Shape shape, DType dtype, string name)
    {
        Tensor tensor = device.Empty(shape, dtype);
        Set(tensor, name);
        return tensor;
    }

    /// <summary>Makes a result of the model an output: [N, ...] becomes [B, T, ...], [S, ...] stays.</summary>
    public void Output(Tensor result, BatchValues batch, string name)
    {
        string value = Operand(result);
        _graph.Output(result.Shape[0] == Sizes.Tokens ? batch.Padded(value, result.Shape.ToArray().AsSpan(1)) : value, name);
    }

    /// <summary>Makes a result of the model an output of other extents.</summary>
    public void Output(Tensor result, string name, string extents) => _graph.Output(_graph.Node("Reshape", [Operand(result), extents]), name);

    /// <summary>The batch whose queries lie as a layout says.</summary>
    private BatchValues Queries(in AttentionLayout layout)
    {
        Storage place = layout.QueryStarts.Storage;
        return _batches.Find(batch => batch.Borders.Storage == place)?.Values ?? throw Refused("it attends to other sequences than those of the batch");
    }

    /// <summary>The batch whose keys lie as a layout says.</summary>
    private BatchValues Keys(in AttentionLayout layout)
    {
        Storage place = layout.KeyStarts.Storage;
        return _batches.Find(batch => batch.Starts.Storage == place)?.Values ?? throw Refused("it attends to other sequences than those of the batch");
    }

    /// <summary>Answers what a model would look up on the host.</summary>
    private sealed class InputBatch(RecordingBackend recording, Device device, BatchValues values, int tokens, int paddingId, InputBatch? keys = null) : RecordedBatch
    {
        private readonly int _sequences = recording.Sizes.Sequences;

        public BatchValues Values => values;

        public int Tokens => tokens;

        public Device Device => device;

        public InputBatch? Keys => keys;

        // Attention knows a batch by the places of these; nothing reads them.
        public Tensor Borders { get; } = recording.Input(device, [recording.Sizes.Sequences + 1], DType.I32, "borders");

        public Tensor Starts { get; } = recording.Input(device, [recording.Sizes.Sequences], DType.I32, "starts");

        public Tensor Lengths { get; } = recording.Input(device, [recording.Sizes.Sequences], DType.I32, "lengths");

        public AttentionLayout Layout => new(Borders, keys?.Starts ?? Starts, keys?.Lengths ?? Lengths);

        public override Tensor First => recording.Input(device, [_sequences], DType.I32, values.FirstRows);

        public override Tensor Last => recording.Input(device, [_sequences], DType.I32, values.LastRows(paddingId));

        // A product with it becomes a mean, which no [B, B T] matrix has to be made for.
        public override Tensor Shares { get; } = recording.Input(device, [recording.Sizes.Sequences, tokens], DType.F32, "shares");

        public override Tensor Neighbours(int first, int count) => recording.Input(device, [tokens * count], DType.I32, values.Neighbours(first, count));

        public override Tensor NonZero(Tensor column)
        {
            string places = recording._graph.Node("NonZero", [recording._graph.Flat(recording.Operand(column))]);
            return recording.Input(device, [recording.Sizes.ChosenTokens], DType.I32, recording._graph.Flat(places));
        }

        public override Tensor Scan(Tensor x, Tensor decay, Tensor b, Tensor c)
        {
            Tensor y = device.Empty(x.Shape, x.DType);
            recording.Set(y, recording.Scanned(x, decay, b, c, values));
            return y;
        }

        public override Tensor Attention(Tensor q, Tensor k, Tensor v, in AttentionOptions options, DistanceTerms terms)
        {
            Tensor y = device.Empty(q.Shape.With(2, v.Shape[2]), q.DType);
            recording.Attend(q.Contiguous(), k.Contiguous(), v.Contiguous(), Layout, options, terms, y);
            return y;
        }
    }
}
