using Attune.Data.Tokenization;

namespace Attune.Data.Batching;

/// <summary>Several sequences one after the other, without padding.</summary>
/// <remarks>
/// The first label of every sequence is <see cref="TokenRow.NoLoss"/>, because nothing predicts the first token, unless labels are said of the tokens themselves. So the target of the token at i is the label at
/// i + 1 everywhere, borders included, and the last token of the batch has no target.
/// </remarks>
public sealed class Batch
{
    private int[] _inputIds = [];
    private int[] _labels = [];
    private int[] _positionIds = [];
    private int[] _sequenceStarts = [0];
    private int[] _rows = [];
    private int[] _tokenTypes = [];
    private float[] _targets = [];
    private int[] _outputIds = [];
    private int[] _outputStarts = [0];
    private int[] _negativeIds = [];
    private int[] _negativeStarts = [0];
    private int _targetCount;
    private int _outputTokens;
    private int _negativeTokens;
    private bool _hasTokenTypes;

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

    /// <summary>For each sequence the number of its row in the data set [S]; the parts of a row stand together.</summary>
    public ReadOnlySpan<int> Rows => _rows.AsSpan(0, Sequences);

    /// <summary>Which part of a pair each token belongs to [N]; empty when all are of the first.</summary>
    public ReadOnlySpan<int> TokenTypes => _tokenTypes.AsSpan(0, _hasTokenTypes ? Tokens : 0);

    /// <summary>The rows' <see cref="TokenRow.Targets"/>, one after the other.</summary>
    public ReadOnlySpan<float> Targets => _targets.AsSpan(0, _targetCount);

    /// <summary>The rows' <see cref="TokenRow.OutputIds"/>, one after the other.</summary>
    public ReadOnlySpan<int> OutputIds => _outputIds.AsSpan(0, _outputTokens);

    /// <summary>Borders [S + 1] of <see cref="OutputIds"/>.</summary>
    public ReadOnlySpan<int> OutputStarts => _outputStarts.AsSpan(0, Sequences + 1);

    /// <summary>Number K of texts in the rows' <see cref="TokenRow.NegativeIds"/>.</summary>
    public int Negatives { get; private set; }

    /// <summary>The rows' <see cref="TokenRow.NegativeIds"/>, one after the other.</summary>
    public ReadOnlySpan<int> NegativeIds => _negativeIds.AsSpan(0, _negativeTokens);

    /// <summary>Borders [K + 1] of <see cref="NegativeIds"/>.</summary>
    public ReadOnlySpan<int> NegativeStarts => _negativeStarts.AsSpan(0, Negatives + 1);

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
    internal void Clear()
    {
        Tokens = Sequences = TrainedTokens = LongestSequence = 0;
        _targetCount = _outputTokens = _negativeTokens = Negatives = 0;
        _hasTokenTypes = false;
    }

    /// <summary>Appends a row as one sequence, or as one for each of its parts.</summary>
    internal void Add(int number, TokenRow row)
    {
        int start = Tokens;
        int end = checked(start + row.Length);
        Reserve(ref _inputIds, end);
        Reserve(ref _labels, end);
        Reserve(ref _positionIds, end);
        row.InputIds.CopyTo(_inputIds, start);
        row.Labels.CopyTo(_labels, start);
        if (!row.LabelsAreOwn)
        {
            _labels[start] = TokenRow.NoLoss;
        }

        AddTokenTypes(row, start, end);
        AddTargets(row);
        int whole = row.Length;
        foreach (int length in row.Parts is { } parts ? parts.AsSpan() : new ReadOnlySpan<int>(in whole))
        {
            AddSequence(number, length);
        }

        TrainedTokens += row.TrainedTokens;
    }

    private void AddSequence(int number, int length)
    {
        for (int i = 0; i < length; i++)
        {
            _positionIds[Tokens + i] = i;
        }

        Reserve(ref _rows, Sequences + 1);
        Reserve(ref _sequenceStarts, Sequences + 2);
        Reserve(ref _outputStarts, Sequences + 2);
        _rows[Sequences] = number;
        _outputStarts[Sequences + 1] = _outputTokens;
        _sequenceStarts[++Sequences] = Tokens += length;
        LongestSequence = Math.Max(LongestSequence, length);
    }

    private void AddTokenTypes(TokenRow row, int start, int end)
    {
        Reserve(ref _tokenTypes, end);
        if (row.TokenTypes is { } types)
        {
            // Rows before this one had none: theirs are 0.
            _tokenTypes.AsSpan(0, _hasTokenTypes ? 0 : start).Clear();
            types.CopyTo(_tokenTypes, start);
            _hasTokenTypes = true;
        }
        else
        {
            _tokenTypes.AsSpan(start, end - start).Clear();
        }
    }

    private void AddTargets(TokenRow row)
    {
        float[] targets = row.Targets ?? [];
        Reserve(ref _targets, _targetCount + targets.Length);
        targets.CopyTo(_targets, _targetCount);
        _targetCount += targets.Length;
        int[] output = row.OutputIds ?? [];
        Reserve(ref _outputIds, _outputTokens + output.Length);
        output.CopyTo(_outputIds, _outputTokens);
        _outputTokens += output.Length;
        foreach (int[] negative in row.NegativeIds ?? [])
        {
            Reserve(ref _negativeIds, _negativeTokens + negative.Length);
            Reserve(ref _negativeStarts, Negatives + 2);
            negative.CopyTo(_negativeIds, _negativeTokens);
            _negativeStarts[++Negatives] = _negativeTokens += negative.Length;
        }
    }

    private static void Reserve<T>(ref T[] array, int length)
    {
        if (array.Length < length)
        {
            Array.Resize(ref array, (int)Math.Min(Array.MaxLength, Math.Max(length, 2L * array.Length)));
        }
    }
}
