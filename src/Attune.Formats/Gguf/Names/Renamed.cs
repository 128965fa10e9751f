namespace Attune.Formats;

/// <summary>A weight and its bias (each may be absent) that have other names.</summary>
/// <param name="gguf">Name in GGUF behind the layer, without <c>.weight</c>.</param>
/// <param name="huggingFace">Name in Hugging Face behind the layer, without <c>.weight</c>.</param>
/// <param name="form">What both go through; null for nothing.</param>
/// <param name="biasForm">What the bias goes through instead.</param>
internal sealed class Renamed(string gguf, string huggingFace, TensorForm? form = null, TensorForm? biasForm = null) : TensorRule
{
    private readonly (string Gguf, string HuggingFace, TensorForm Form)[] _pairs =
    [
        ($"{gguf}.weight", $"{huggingFace}.weight", form ?? TensorForm.Same),
        ($"{gguf}.bias", $"{huggingFace}.bias", biasForm ?? form ?? TensorForm.Same),
    ];

    public override void ToHuggingFace(TensorGroup group)
    {
        foreach ((string from, string to, TensorForm pairForm) in _pairs)
        {
            if (group.Take(from) is { } view)
            {
                group.Give(to, pairForm.ToHuggingFace(view, group.Config), pairForm);
            }
        }
    }

    public override void ToGguf(TensorGroup group)
    {
        foreach ((string to, string from, TensorForm pairForm) in _pairs)
        {
            if (group.Take(from) is { } view)
            {
                group.Give(to, pairForm.ToGguf(view, group.Config), pairForm);
            }
        }
    }
}
