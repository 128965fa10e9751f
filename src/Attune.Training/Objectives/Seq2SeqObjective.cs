using Attune.Data.Batching;
using Attune.Models.Seq2Seq;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Training.Objectives;

/// <summary>Cross entropy of the tokens of the texts that are to be written, <see cref="Batch.OutputIds"/>, for those that are read.</summary>
/// <param name="model">The model, with its adapter if it has one.</param>
public sealed class Seq2SeqObjective(Seq2SeqModel model) : IObjective
{
    /// <summary>The key users write.</summary>
    public const string Name = "seq2seq";

    /// <inheritdoc/>
    public string Key => Name;

    /// <inheritdoc/>
    public Device Device => model.Device;

    /// <inheritdoc/>
    public long CountTargets(Batch batch) => batch.OutputIds.Length;

    /// <inheritdoc/>
    /// <exception cref="TensorException">A token id is not in the model's vocabulary.</exception>
    public Tensor SumLosses(Batch batch, bool recompute)
    {
        int[] inputs = new int[batch.OutputIds.Length];
        int[] positions = new int[inputs.Length];
        for (int s = 0; s < batch.Sequences; s++)
        {
            int start = batch.OutputStarts[s];
            ReadOnlySpan<int> text = batch.OutputIds[start..batch.OutputStarts[s + 1]];
            model.DecoderInputs(text).CopyTo(inputs, start);
            for (int i = 0; i < text.Length; i++)
            {
                positions[start + i] = i;
            }
        }

        var target = new ForwardPass(TokenBatch.Create(Device, inputs, positions, batch.OutputStarts)) { Recompute = recompute };
        return model.SumLosses(BatchPass.Of(Device, batch, recompute), target, batch.OutputIds).Sum;
    }
}
