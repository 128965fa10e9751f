using Attune.Data.Rows;

namespace Attune.Data;

/// <summary>Training data cannot be used as asked: a file or row that is not what it should be, or options that contradict each other or the data.</summary>
public sealed class DataException : Exception
{
    /// <summary>Makes an error with a message that names the place, what was expected, what was found and what to do.</summary>
    public DataException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an error with an inner cause.</summary>
    public DataException(string message, Exception? inner)
        : base(message, inner)
    {
    }

    /// <summary>Makes an error without a message.</summary>
    public DataException()
    {
    }

    /// <summary>The file of the bad row; null when the error is not about one row.</summary>
    public string? File => Place?.File;

    /// <summary>The 1-based line on which the bad row begins; null when the error is not about one row.</summary>
    public long? Line => Place?.Line;

    /// <summary>Where the bad row stands; null when the error is not about one row.</summary>
    public RowPlace? Place { get; private init; }

    /// <summary>What is wrong, without the place: rows that are bad in the same way share it.</summary>
    public string? Reason { get; private init; }

    /// <summary>An error about one row: its message begins with the file and the line.</summary>
    /// <param name="file">The file's name as the user gave it.</param>
    /// <param name="line">The 1-based line on which the row begins.</param>
    /// <param name="reason">What is wrong with rows of this kind; reports group by it.</param>
    /// <param name="detail">What is particular to this row, if anything.</param>
    /// <param name="inner">The cause, if another error was the cause.</param>
    public static DataException AtRow(string file, long line, string reason, string? detail = null, Exception? inner = null) =>
        AtRow(new RowPlace(file, line), reason, detail, inner);

    /// <summary>An error about one row: its message begins with the file and the line, or the number of the row where files have no lines.</summary>
    /// <param name="place">Where the row stands.</param>
    /// <param name="reason">What is wrong with rows of this kind; reports group by it.</param>
    /// <param name="detail">What is particular to this row, if anything.</param>
    /// <param name="inner">The cause, if another error was the cause.</param>
    public static DataException AtRow(RowPlace place, string reason, string? detail = null, Exception? inner = null) =>
        new(detail is null ? $"{place.Words}: {reason}" : $"{place.Words}: {reason} ({detail})", inner) { Place = place, Reason = reason };

    /// <summary>The same error with a next step at the end of its message.</summary>
    internal DataException WithAdvice(string advice) => new($"{Message}. {advice}", this) { Place = Place, Reason = Reason };
}
