namespace Attune.Formats;

/// <summary>How some tensors of a layer are called, and lie, in a GGUF file and in a Hugging Face folder.</summary>
internal abstract class TensorRule
{
    /// <summary>Takes tensors of a GGUF file and gives those of the folder.</summary>
    public abstract void ToHuggingFace(TensorGroup group);

    /// <summary>Takes tensors of a folder and gives those of the GGUF file.</summary>
    public abstract void ToGguf(TensorGroup group);
}
