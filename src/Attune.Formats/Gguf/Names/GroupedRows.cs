namespace Attune.Formats;

/// <summary>The rows of a fused projection: in GGUF all queries, all keys, all values; in Hugging Face, for each key-value head, its queries, its key, its value.</summary>
internal sealed record GroupedRows(int Heads, int KeyValueHeads) : RowOrder
{
    public override string Expected => $"rows for {Heads} heads of queries and {KeyValueHeads} of keys and of values";

    private int Parts => Heads + (2 * KeyValueHeads);

    private int Queries => Heads / KeyValueHeads;

    public override bool Fits(long rows) => rows > 0 && rows <= int.MaxValue && Heads % KeyValueHeads == 0 && rows % Parts == 0;

    public override int FileRow(int row, int rows)
    {
        (int part, int inPart) = Math.DivRem(row, rows / Parts);
        (int group, int slot) = Math.DivRem(part, Queries + 2);
        int filePart = slot < Queries ? (group * Queries) + slot : Heads + ((slot - Queries) * KeyValueHeads) + group;
        return (filePart * (rows / Parts)) + inPart;
    }

    public override int HuggingFaceRow(int row, int rows)
    {
        (int filePart, int inPart) = Math.DivRem(row, rows / Parts);
        (int group, int slot) = filePart < Heads ? Math.DivRem(filePart, Queries) : ((filePart - Heads) % KeyValueHeads, Queries + ((filePart - Heads) / KeyValueHeads));
        return (((group * (Queries + 2)) + slot) * (rows / Parts)) + inPart;
    }
}
