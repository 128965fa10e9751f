namespace Attune.Text;

/// <summary>A tokenizer file, a vocabulary or a template says something that cannot be followed; the message names the file, the place, what was expected and what was found.</summary>
public class TextException : Exception
{
    /// <summary>Makes an error with its message.</summary>
    public TextException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an error with its message and the error that caused it.</summary>
    public TextException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Makes an error without a message.</summary>
    public TextException()
    {
    }
}
