namespace Attune.Kernels.Cpu.Lists;

/// <summary>
/// Tensors are cut into pieces of a fixed size, numbered through all tensors of a list: each piece is an index of one job, so that hundreds of small tensors cost the threads one meeting.
/// </summary>
internal static class PieceCount
{
    /// <summary>Elements of a piece: some microseconds of work.</summary>
    public const int Elements = 16 * 1024;

    /// <summary>Pieces of a tensor.</summary>
    public static long Of(long count) => (count + Elements - 1) / Elements;

    /// <summary>The tensor of a piece.</summary>
    /// <param name="ends">For each tensor the number of pieces up to its end.</param>
    /// <param name="piece">Less than the last of <paramref name="ends"/>.</param>
    /// <param name="start">First element of the piece in that tensor.</param>
    public static int Find(ReadOnlySpan<long> ends, long piece, out long start)
    {
        int low = 0;
        int high = ends.Length - 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = piece < ends[middle] ? (low, middle) : (middle + 1, high);
        }

        start = (piece - (low == 0 ? 0 : ends[low - 1])) * Elements;
        return low;
    }
}
