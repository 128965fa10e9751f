namespace Attune.Tensors;

/// <summary>A tensor operation was asked for something it cannot do: shapes that do not fit, a wrong element type, a tensor used after its step.</summary>
public sealed class TensorException : Exception
{
    /// <summary>Makes an error with a message that names the operation, what was expected and what was found.</summary>
    public TensorException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an error with an inner cause.</summary>
    public TensorException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Makes an error without a message.</summary>
    public TensorException()
    {
    }
}
