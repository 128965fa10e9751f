
namespace Attune.Formats;

/// <summary>The tensors of one layer, or those outside of layers, while they are given their other names.</summary>
/// <param name="config">The model's configuration in Hugging Face's terms.</param>
/// <param name="parts">The tensors by the part of their names behind the layer; each is taken by one rule.</param>
/// <param name="give">Takes the part of a tensor's other name behind the layer, the tensor, and its <see cref="TensorInfo.Rounding"/>.</param>
internal sealed class TensorGroup(ModelConfig config, IDictionary<string, TensorView> parts, Action<string, TensorView, double> give)
{
    /// <summary>The model's configuration in Hugging Face's terms.</summary>
    public ModelConfig Config => config;

    /// <summary>Whether there is a tensor of a name that no rule has taken yet.</summary>
    public bool Has(string part) => parts.ContainsKey(part);

    /// <summary>Takes a tensor out; null when there is none of this name.</summary>
    public TensorView? Take(string part) => parts.Remove(part, out TensorView? view) ? view : null;

    /// <summary>Adds a tensor under its other name.</summary>
    public void Give(string part, TensorView view) => give(part, view, 0);

    /// <summary>Adds a tensor of a form under its other name.</summary>
    public void Give(string part, TensorView view, TensorForm form) => give(part, view, form.Rounding);
}
