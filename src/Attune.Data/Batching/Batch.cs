using Attune.Data.Tokenization;

namespace Attune.Data.Batching;

/// <summary>Several sequences one after the other, without padding.</summary>
/// <remarks>
/// The first label of every sequence is <see cref="TokenRow.NoLoss"/>, because nothing predicts the first token. So the target of the token at i is the label at
/// i + 1 everywhere, borders included, and the last token of the batch has no target.
/// </remarks>
public sealed class Batch
{
    private int[] _inputIds = [];
    private int[] _labels = [];
    private int[] _positionIds = [];
    private int[] _sequenceStarts = [0];
    private int[] _rows = [];

    /// <summary>Number of tokens N of all sequences.</summary>
    public int Tokens { get; private set; }

    /// <summary>Number of sequences S.</summary>
    public int Sequences { get; private set; }

    /// <summary>Number of labels that count in the loss.</summary>
    public int TrainedTokens { get; private set; }

    /// <summary>The length of the longest sequence.</summary>
    public int LongestSequence { get; private set; }

    /// <summary>Token ids [N].</summary>
    public ReadOnlySpan<int> InputIds => _inputIds.AsSpan(0, Tokens);

    /// <summary>Labels [N]: the token's id, or <see cref="TokenRow.NoLoss"/>; aligned with <see cref="InputIds"/>, not shifted.</summary>
    public ReadOnlySpan<int> Labels => _labels.AsSpan(0, Tokens);

    /// <summary>Positions [N]: 0, 1, 2, ... anew in every sequence.</summary>
    public ReadOnlySpan<int> PositionIds => _positionIds.AsSpan(0, Tokens);

    /// <summary>Borders [S + 1]: sequence s has the tokens from entry s to entry s + 1 (exclusive); the first is 0, the last N.</summary>
    public ReadOnlySpan<int> SequenceStarts => _sequenceStarts.AsSpan(0, Sequences + 1);

    /// <summary>For each sequence the number of its row in the data set [S].</summary>
    public ReadOnlySpan<int> Rows => _rows.AsSpan(0, Sequences);

    /// <summary>Makes a batch of the given rows in order.</summary>
    public static Batch Of(IReadOnlyList<TokenRow> rows, params ReadOnlySpan<int> numbers)
    {
        var batch = new Batch();
        batch.Clear();
        foreach (int number in numbers)
        {
            batch.Add(number, rows[number]);
        }

        return batch;
    }

    /// <summary>Empties the batch and keeps its memory for the next.</summary>
    internal void Clear() => Tokens = Sequences = TrainedTokens = LongestSequence = 0;

    /// <summary>Appends a row as one sequence.</summary>
    internal void Add(int number, TokenRow row)
    {
        int start = Tokens;
        int end = checked(start + row.Length);
        Reserve(ref _inputIds, end);
        Reserve(ref _labels, end);
        Reserve(ref _positionIds, end);
        Reserve(ref _rows, Sequences + 1);
        Reserve(ref _sequenceStarts, Sequences + 2);
        row.InputIds.CopyTo(_inputIds, start);
        row.Labels.CopyTo(_labels, start);
        _labels[start] = TokenRow.NoLoss;
        for (int i = start; i < end; i++)
        {
            _positionIds[i] = i - start;
        }

        _rows[Sequences] = number;
        _sequenceStarts[++Sequences] = Tokens = end;
        TrainedTokens += row.TrainedTokens;
        LongestSequence = Math.Max(LongestSequence, row.Length);
    }

    private static void Reserve(ref int[] array, int length)
    {
        if (array.Length < length)
        {
            Array.Resize(ref array, (int)Math.Min(Array.MaxLength, Math.Max(length, 2L * array.Length)));
        }
    }
}
