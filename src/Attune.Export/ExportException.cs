namespace Attune.Export;

/// <summary>A model cannot be written in a format of another runtime: something that it does has no form there.</summary>
public sealed class ExportException : Exception
{
    /// <summary>Makes an error whose message names what stands in the way and what can be exported.</summary>
    public ExportException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an error with an inner cause.</summary>
    public ExportException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Makes an error without a message.</summary>
    public ExportException()
    {
    }
}
