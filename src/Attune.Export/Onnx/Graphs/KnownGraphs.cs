using Attune.Models;
using Attune.Models.Heads;
using Attune.Models.Seq2Seq;
using Attune.Nn;

namespace Attune.Export.Onnx.Graphs;

/// <summary>The graphs that a model becomes.</summary>
internal static class KnownGraphs
{
    /// <summary>The graphs of a model, each a file.</summary>
    /// <param name="network">The model.</param>
    /// <param name="withPast">Whether a decoder goes on from keys and values of earlier tokens.</param>
    /// <exception cref="ExportException">The model has none.</exception>
    public static IReadOnlyList<ModelGraph> Of(Network network, bool withPast) => network switch
    {
        CausalLmModel model when withPast => [new PastGraph(model)],
        Seq2SeqModel model when withPast => [new EncoderGraph(model), new DecoderGraph(model, withPast), new DecoderPastGraph(model)],
        _ when withPast => throw new ExportException("it has no keys and values of earlier tokens to go on from; export it without a past"),
        Seq2SeqModel model => [new EncoderGraph(model), new DecoderGraph(model, withPast: false)],
        MultipleChoiceModel model => [new ChoiceGraph(model)],
        _ => [new SequenceGraph(network)],
    };
}
