using Attune.Models;
using Attune.Models.Heads;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Export;

/// <summary>What a model says of a batch, under the names that Hugging Face's Optimum gives it.</summary>
internal static class ModelOutputs
{
    /// <summary>The longest sequence that a model was made for, in tokens.</summary>
    /// <exception cref="ExportException">Models of its kind cannot be exported.</exception>
    public static int ContextTokens(Network network) => network switch
    {
        MultipleChoiceModel => throw new ExportException("the head for multiple choice cannot be exported"),
        CausalLmModel decoder => decoder.ContextTokens,
        HeadModel head => head.Backbone.ContextTokens,
        EncoderModel encoder => encoder.Backbone.ContextTokens,
        _ => throw new ExportException("models with encoder and decoder cannot be exported"),
    };

    /// <summary>The outputs, each with a row per token or a row per sequence.</summary>
    public static IReadOnlyList<(string Name, Tensor Values)> Of(Network network, in ForwardPass pass)
    {
        switch (network)
        {
            case EncoderModel model:
                Tensor hidden = model.Hidden(pass);
                return model.HasPooler ? [("last_hidden_state", hidden), ("pooler_output", model.Pool(hidden, pass.Tokens))] : [("last_hidden_state", hidden)];
            case QuestionAnsweringModel model:
                Tensor answers = model.Logits(pass);
                return [("start_logits", answers.Narrow(1, 0, 1).Reshape(-1)), ("end_logits", answers.Narrow(1, 1, 1).Reshape(-1))];
            case SentenceEmbeddingModel model:
                return [("sentence_embedding", model.Logits(pass))];
            case HeadModel model:
                return [("logits", model.Logits(pass))];
            default:
                return [("logits", ((CausalLmModel)network).Logits(pass))];
        }
    }
}
