using Attune.Nn;
using Attune.Tensors;

namespace Attune.Export.Onnx.Recording;

/// <summary>
/// Numbers of tokens and sequences of the recorded run: primes that divide no extent of the model's own, so that every extent of a recorded value says by itself whether it grows with the batch.
/// </summary>
/// <param name="Sequences">S.</param>
/// <param name="Tokens">N.</param>
/// <param name="SourceTokens">Tokens that an encoder has read.</param>
/// <param name="KeyTokens">Earlier tokens and new ones.</param>
/// <param name="ChosenTokens">Tokens that a condition holds for.</param>
internal sealed record BatchSizes(int Sequences, int Tokens, int SourceTokens, int KeyTokens, int ChosenTokens)
{
    private const int Needed = 5;

    private static readonly int[] Primes = [61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193, 197, 199, 211];

    /// <summary>Chooses sizes for a model.</summary>
    /// <exception cref="ExportException">No primes at hand will do.</exception>
    public static BatchSizes For(Network network, long positions)
    {
        long[] extents = [positions, .. network.Parameters().SelectMany(parameter => parameter.Shape.ToArray())];
        int[] free = [.. Primes.Where(prime => extents.All(extent => extent % prime != 0)).Take(Needed)];
        return free.Length == Needed
            ? new BatchSizes(free[0], free[1], free[2], free[3], free[4])
            : throw new ExportException("onnx: the extents of this model are multiples of all sizes that a batch is recorded with");
    }

    /// <summary>Whether an extent grows with the batch.</summary>
    public bool Grows(long extent) =>
        extent > 0 && (extent % Tokens == 0 || extent % Sequences == 0 || extent % SourceTokens == 0 || extent % KeyTokens == 0 || extent % ChosenTokens == 0);

    /// <summary>Whether any of them does.</summary>
    public bool Grows(ReadOnlySpan<long> extents)
    {
        foreach (long extent in extents)
        {
            if (Grows(extent))
            {
                return true;
            }
        }

        return false;
    }
}
