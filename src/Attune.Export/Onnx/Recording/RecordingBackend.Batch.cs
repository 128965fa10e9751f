using Attune.Nn;
using Attune.Tensors;

namespace Attune.Export.Onnx.Recording;

/// <summary>The batch of the recorded run: tensors without numbers that stand for the inputs of the graph.</summary>
internal sealed partial class RecordingBackend
{
    private Storage? _borders;
    private Storage? _shares;

    /// <summary>The graph so far.</summary>
    public GraphBuilder Graph => _graph;

    /// <summary>The inputs and what follows from them.</summary>
    public BatchValues Batch { get => field ??= new BatchValues(_graph); private set; }

    /// <summary>Begins to record a model whose weights lie on a device of this backend.</summary>
    /// <param name="network">The model.</param>
    /// <param name="device">The device; a scope is open.</param>
    /// <param name="positions">Positions that the graph is to know.</param>
    /// <param name="paddingId">The id that does not count as the last token of a text; -1 for none.</param>
    public TokenBatch Begin(Network network, Device device, int positions, int paddingId)
    {
        foreach (Parameter parameter in network.Parameters())
        {
            if (parameter.Value is { } values)
            {
                _weights.TryAdd(values.Storage, (parameter.Name, values));
            }
        }

        _sizes = BatchSizes.For(network, positions);
        Tensor ids = Input([_sizes.Tokens], DType.I32, Batch.Flat(BatchValues.Ids));
        Tensor places = Input([_sizes.Tokens], DType.I32, Batch.Flat(Batch.Positions));
        Tensor borders = Input([_sizes.Sequences + 1], DType.I32, "borders");
        Tensor starts = Input([_sizes.Sequences], DType.I32, "starts");
        Tensor lengths = Input([_sizes.Sequences], DType.I32, "lengths");
        Tensor shares = Input([_sizes.Sequences, _sizes.Tokens], DType.F32, "shares");
        _borders = borders.Storage;
        _shares = shares.Storage;
        return new TokenBatch(ids, places, new AttentionLayout(borders, starts, lengths), positions - 1)
        {
            TokenTypes = Input([_sizes.Tokens], DType.I32, Batch.Flat(BatchValues.Types)),
            Rows = new SequenceRows(
                Input([_sizes.Sequences], DType.I32, Batch.FirstRows), Input([_sizes.Sequences], DType.I32, Batch.LastRows(paddingId)), shares),
        };

        // Inputs live as long as the recording: their blocks must not be handed out again.
        Tensor Input(Shape shape, DType dtype, string name)
        {
            Tensor tensor = device.Empty(shape, dtype);
            Set(tensor, name);
            return tensor;
        }
    }

    /// <summary>Makes a result of the model an output: [N, ...] becomes [B, T, ...], [S, ...] stays.</summary>
    public void Output(Tensor result, string name)
    {
        string value = Operand(result);
        bool isPerToken = result.Shape[0] == _sizes.Tokens;
        _graph.Output(isPerToken ? Batch.Padded(value, result.Shape.ToArray().AsSpan(1)) : value, name);
    }
}
