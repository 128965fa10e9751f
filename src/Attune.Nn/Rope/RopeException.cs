namespace Attune.Nn.Rope;

/// <summary>Settings of a rotary position embedding that cannot be used.</summary>
public sealed class RopeException : Exception
{
    /// <summary>Makes an error.</summary>
    public RopeException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an error with an inner cause.</summary>
    public RopeException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Makes an error without a message.</summary>
    public RopeException()
    {
    }
}
