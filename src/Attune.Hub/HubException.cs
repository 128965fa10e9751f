namespace Attune.Hub;

/// <summary>Something cannot be fetched from a hub: it is not there, not allowed, damaged, or the hub cannot be reached.</summary>
public sealed class HubException : Exception
{
    /// <summary>Makes an error with a message that says what was wanted, what happened and what to do.</summary>
    public HubException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an error with an inner cause.</summary>
    public HubException(string message, Exception? inner)
        : base(message, inner)
    {
    }

    /// <summary>Makes an error without a message.</summary>
    public HubException()
    {
    }
}
