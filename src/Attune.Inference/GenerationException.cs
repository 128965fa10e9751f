namespace Attune.Inference;

/// <summary>Text cannot be generated: a setting is out of its range, or the prompt does not fit the model.</summary>
public sealed class GenerationException : Exception
{
    /// <summary>Makes an error.</summary>
    public GenerationException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an error with an inner cause.</summary>
    public GenerationException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Makes an error without a message.</summary>
    public GenerationException()
    {
    }
}
