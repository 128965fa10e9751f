namespace Attune.Formats;

/// <summary>A model file is not what it claims to be: damaged, truncated, of an unknown kind, or without something that was asked for.</summary>
public sealed class ModelFileException : Exception
{
    /// <summary>Makes an error whose message names the file, the place, what was expected and what was found.</summary>
    public ModelFileException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an error with an inner cause.</summary>
    public ModelFileException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Makes an error without a message.</summary>
    public ModelFileException()
    {
    }

    /// <summary>Makes an error about one place of a file, with a message of the form <c>file: PATH, PLACE: PROBLEM</c>.</summary>
    public static ModelFileException At(string path, string place, string problem, Exception? inner = null)
    {
        string message = $"file: {path}, {place}: {problem}";
        return inner is null ? new ModelFileException(message) : new ModelFileException(message, inner);
    }
}
