namespace Attune.Adapters;

/// <summary>An adapter cannot be made, read or applied: its settings or its files do not fit the model.</summary>
public sealed class AdapterException : Exception
{
    /// <summary>Makes an error.</summary>
    public AdapterException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an error with an inner cause.</summary>
    public AdapterException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Makes an error without a message.</summary>
    public AdapterException()
    {
    }
}
