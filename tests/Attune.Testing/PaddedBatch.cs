using Attune.Formats;
using Attune.Models;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Testing;

/// <summary>A padded batch of the reference values with its padding taken out, as the engine reads it.</summary>
public sealed class PaddedBatch
{
    private readonly int _paddedTokens;

    private PaddedBatch(PaddedBatch other)
    {
        _paddedTokens = other._paddedTokens;
        (Ids, Labels, Positions, Starts, Places) = (other.Ids, other.Labels, other.Positions, other.Starts, other.Places);
    }

    private PaddedBatch(int[] ids, int[] mask, int[]? labels, int[]? positions, int columns)
    {
        _paddedTokens = ids.Length;
        List<int> keptIds = [];
        List<int> keptLabels = [];
        List<int> keptPositions = [];
        List<int> starts = [0];
        for (int row = 0; row < ids.Length / columns; row++)
        {
            int position = 0;
            for (int column = 0; column < columns; column++)
            {
                int i = (row * columns) + column;
                if (mask[i] == 0)
                {
                    continue;
                }

                Places.Add(i);
                keptIds.Add(ids[i]);
                keptPositions.Add(positions?[i] ?? position);
                keptLabels.Add(labels is null || position == 0 ? -100 : labels[i]);
                position++;
            }

            starts.Add(keptIds.Count);
        }

        (Ids, Labels, Positions, Starts) = ([.. keptIds], [.. keptLabels], [.. keptPositions], [.. starts]);
    }

    public int[] Ids { get; }

    /// <summary>Aligned with the ids; the first of every sequence is -100.</summary>
    public int[] Labels { get; }

    public int[] Positions { get; }

    public int[] Starts { get; }

    /// <summary>Part of the pair that each token belongs to; null when the case has none.</summary>
    public int[]? TokenTypes { get; private init; }

    /// <summary>Where each token stood in the padded batch.</summary>
    public IList<int> Places { get; } = new List<int>();

    public static PaddedBatch Read(ITensorSource io, string prefix)
    {
        int[] ids = io.ReadInts($"{prefix}input_ids");
        int columns = (int)io.Info($"{prefix}input_ids").Shape[-1];
        var batch = new PaddedBatch(
            ids,
            io.ReadInts($"{prefix}attention_mask"),
            io.Contains($"{prefix}labels") && io.Info($"{prefix}labels").Shape == io.Info($"{prefix}input_ids").Shape ? io.ReadInts($"{prefix}labels") : null,
            io.Contains($"{prefix}position_ids") ? io.ReadInts($"{prefix}position_ids") : null,
            columns);
        return io.Contains($"{prefix}token_type_ids") ? batch.With(io.ReadInts($"{prefix}token_type_ids")) : batch;
    }

    public TokenBatch ToDevice(Device device) => TokenBatch.Create(device, Ids, Positions, Starts) with
    {
        TokenTypes = TokenTypes is null ? null : device.From(TokenTypes, [TokenTypes.Length]),
    };

    /// <summary>The entries of a padded array that belong to tokens.</summary>
    public int[] Select(int[] padded) => [.. Places.Select(place => padded[place])];

    /// <summary>The rows of a padded array that belong to tokens.</summary>
    public float[] Select(float[] padded)
    {
        int width = padded.Length / _paddedTokens;
        return [.. Places.SelectMany(place => padded.AsSpan(place * width, width).ToArray())];
    }

    /// <summary>The sum of the token losses and the number of targets.</summary>
    public (Tensor Sum, int Targets) Loss(CausalLmModel model, bool recompute = false) =>
        CausalLmLoss.Evaluate(model, Ids, Labels, Positions, Starts, recompute);

    private PaddedBatch With(int[] tokenTypes) => new(this) { TokenTypes = Select(tokenTypes) };
}
