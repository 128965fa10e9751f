namespace Attune.Formats;

/// <summary>Another order of a tensor's rows.</summary>
internal abstract record RowOrder
{
    /// <summary>What the rows have to divide into, for messages.</summary>
    public abstract string Expected { get; }

    /// <summary>Whether the order exists for a number of rows.</summary>
    public abstract bool Fits(long rows);

    /// <summary>The file row that holds a Hugging Face row.</summary>
    public abstract int FileRow(int row, int rows);

    /// <summary>The Hugging Face row that a file row holds.</summary>
    public abstract int HuggingFaceRow(int row, int rows);
}
