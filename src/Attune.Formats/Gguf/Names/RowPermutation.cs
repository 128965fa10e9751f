namespace Attune.Formats;

/// <summary>The order of the rows of q and k in llama GGUF files: within a head of d rows, file row 2 i + j is Hugging Face row j d/2 + i (i below d/2, j below 2).</summary>
internal sealed record RowPermutation(int Heads) : RowOrder
{
    public override string Expected => $"rows for {Heads} heads of an even size";

    public override bool Fits(long rows) => rows > 0 && rows <= int.MaxValue && rows % (2L * Heads) == 0;

    public override int FileRow(int row, int rows)
    {
        int size = rows / Heads;
        (int head, int inHead) = Math.DivRem(row, size);
        (int j, int i) = Math.DivRem(inHead, size / 2);
        return (head * size) + (2 * i) + j;
    }

    public override int HuggingFaceRow(int row, int rows)
    {
        int size = rows / Heads;
        (int head, int inHead) = Math.DivRem(row, size);
        (int i, int j) = Math.DivRem(inHead, 2);
        return (head * size) + (j * (size / 2)) + i;
    }
}
