namespace Attune.Formats;

/// <summary>A tensor whose whole name behind the layer is another one.</summary>
internal sealed class Exact(string gguf, string huggingFace, TensorForm? form = null) : TensorRule
{
    private readonly TensorForm _form = form ?? TensorForm.Same;

    public override void ToHuggingFace(TensorGroup group)
    {
        if (group.Take(gguf) is { } view)
        {
            group.Give(huggingFace, _form.ToHuggingFace(view, group.Config), _form);
        }
    }

    public override void ToGguf(TensorGroup group)
    {
        if (group.Take(huggingFace) is { } view)
        {
            group.Give(gguf, _form.ToGguf(view, group.Config), _form);
        }
    }
}
