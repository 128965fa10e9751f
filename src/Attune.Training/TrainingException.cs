namespace Attune.Training;

/// <summary>A training run cannot start, go on or be resumed: its options contradict each other, a checkpoint is damaged, or the loss is no longer a number.</summary>
public sealed class TrainingException : Exception
{
    /// <summary>Makes an error with a message that names the place, what was expected, what was found and what to do.</summary>
    public TrainingException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an error with an inner cause.</summary>
    public TrainingException(string message, Exception? inner)
        : base(message, inner)
    {
    }

    /// <summary>Makes an error without a message.</summary>
    public TrainingException()
    {
    }
}
