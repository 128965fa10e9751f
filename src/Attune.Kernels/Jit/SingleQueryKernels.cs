namespace Attune.Kernels.Jit;

/// <summary>Kernels for attention with a single query in bf16, emitted when first asked for. For processors with AVX-512 BF16.</summary>
internal static unsafe class SingleQueryKernels
{
    private static readonly KernelCache Scores = new(SingleQueryEmitter.MaxChunks + 1);
    private static readonly KernelCache Sums = new((SingleQueryEmitter.MaxChunks + 1) * (SingleQueryEmitter.MaxHeads + 1));

    /// <summary>Whether there are kernels for heads of a size.</summary>
    public static bool Take(int size) => size % SingleQueryEmitter.ChunkNumbers == 0 && size <= SingleQueryEmitter.MaxChunks * SingleQueryEmitter.ChunkNumbers;

    /// <summary>result[j] = query rows[j].</summary>
    /// <param name="size">Numbers of a row, see <see cref="Take"/>.</param>
    /// <param name="arguments">Where everything lies.</param>
    public static void Score(int size, SingleQueryArguments* arguments)
    {
        int chunks = size / SingleQueryEmitter.ChunkNumbers;
        nint code = Scores.Get(chunks, chunks, static (code, chunks) => SingleQueryEmitter.EmitScores(code, chunks));
        ((delegate* unmanaged<SingleQueryArguments*, void>)code)(arguments);
    }

    /// <summary>result += the sum of operand[j] rows[j].</summary>
    /// <param name="size">Numbers of a row, see <see cref="Take"/>.</param>
    /// <param name="heads">Heads that share the rows, at most <see cref="SingleQueryEmitter.HeadsAtOnce"/>.</param>
    /// <param name="arguments">Where everything lies.</param>
    public static void Sum(int size, int heads, SingleQueryArguments* arguments)
    {
        int chunks = size / SingleQueryEmitter.ChunkNumbers;
        nint code = Sums.Get(
            (chunks * (SingleQueryEmitter.MaxHeads + 1)) + heads, (Chunks: chunks, Heads: heads), static (code, form) => SingleQueryEmitter.EmitSums(code, form.Chunks, form.Heads));
        ((delegate* unmanaged<SingleQueryArguments*, void>)code)(arguments);
    }
}
