using Attune.Models.Heads;
using Attune.Models.Seq2Seq;
using Attune.Nn;

namespace Attune.Export.Onnx.Graphs;

/// <summary>The graphs that a model becomes.</summary>
internal static class KnownGraphs
{
    /// <summary>The graphs of a model, each a file.</summary>
    public static IReadOnlyList<ModelGraph> Of(Network network) => network switch
    {
        Seq2SeqModel model => [new EncoderGraph(model), new DecoderGraph(model)],
        MultipleChoiceModel model => [new ChoiceGraph(model)],
        _ => [new SequenceGraph(network)],
    };
}
