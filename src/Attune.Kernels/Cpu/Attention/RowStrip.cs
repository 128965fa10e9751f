namespace Attune.Kernels.Cpu.Attention;

/// <summary>Some rows of one head in a form that vectors are loaded from.</summary>
/// <param name="start">The first number of the first row.</param>
/// <param name="rowBytes">Bytes from a row to the next.</param>
/// <param name="rows">Number of rows.</param>
/// <param name="isBF16">Whether numbers are bf16 instead of single precision.</param>
internal readonly unsafe struct RowStrip(byte* start, nint rowBytes, int rows, bool isBF16)
{
    public byte* Start { get; } = start;

    public nint RowBytes { get; } = rowBytes;

    public int Rows { get; } = rows;

    public bool IsBF16 { get; } = isBF16;
}
